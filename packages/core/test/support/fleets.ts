/** Fleets over one hub, each as in a process of its own, with durations a test can wait for. */

import {
  type MemoryFaults,
  type MemoryHub,
  memoryDurability,
  memoryFaults,
  memoryHub,
  memoryMessaging,
  memoryOutbox,
  memoryRegistry,
  type MemoryTransaction,
} from "@muster/backend-memory";
import type { Metadata } from "@muster/filter";
import type { OpenOptions } from "../../src/configuration.ts";
import type { Timing } from "../../src/timing.ts";
import type { Fleet } from "../../src/fleet.ts";
import { openRegistry } from "../../src/open-registry.ts";
import type { SchemaDefinition } from "../../src/schema/definition.ts";
import {
  type DurabilityBackend,
  MusterError,
  type OutboxBackend,
  type RegistryBackend,
} from "../../src/slots/index.ts";

export const TIMING: Timing = {
  ttlMs: 1_000,
  sessionLeaseMs: 300,
  timeoutMs: 3_000,
  reapIntervalMs: 20,
  claimMs: 2_000,
  auditIntervalMs: 60_000,
  queueGraceMs: 5_000,
  messageTtlMs: 60_000,
  pollIntervalMs: 200,
  handlerLeaseMs: 1_000,
  maxHandlerMs: 5_000,
  trackingRetentionMs: 60_000,
  deadLetterRetentionMs: 60_000,
  relayPollMs: 200,
  relayLeaseMs: 300,
};

export type TestFleet = Fleet<Metadata, Metadata, unknown, MemoryTransaction>;

/** One process: its fleet, its misfortunes, and what it was warned of. */
export interface Process {
  readonly fleet: TestFleet;
  readonly faults: MemoryFaults;
  readonly warnings: readonly MusterError[];
}

export interface ProcessOptions
  extends Omit<
    Partial<OpenOptions>,
    "registry" | "messaging" | "durability" | "outbox" | "schema" | "timing" | "onWarning"
  > {
  readonly schema?: SchemaDefinition;
  readonly timing?: Partial<Timing>;
  /** False: no messaging slot. */
  readonly messaging?: boolean;
  /** True: a durability slot; a function puts faults before it. Default: none. */
  readonly durability?: boolean | ((plain: DurabilityBackend) => DurabilityBackend);
  /** True: an outbox; a function puts faults before it. Default: none. */
  readonly outbox?: boolean | ((plain: OutboxBackend<MemoryTransaction>) => OutboxBackend<MemoryTransaction>);
  /** Puts faults between core and the registry. */
  readonly registry?: (plain: RegistryBackend) => RegistryBackend;
}

/** Processes that are closed, or whose death is made final, when the test ends. */
export class Fleets implements AsyncDisposable {
  readonly hub: MemoryHub;
  readonly #processes: Process[] = [];

  constructor(hub: MemoryHub = memoryHub()) {
    this.hub = hub;
  }

  async open(options: ProcessOptions = {}): Promise<Process> {
    const {
      timing,
      messaging = true,
      durability = false,
      outbox = false,
      registry = (plain: RegistryBackend): RegistryBackend => plain,
      ...rest
    } = options;
    const faults = memoryFaults();
    const warnings: MusterError[] = [];
    const { hub } = this;
    const fleet: TestFleet = await openRegistry({
      namespace: "test",
      registry: registry(memoryRegistry({ hub, faults })),
      ...(messaging ? { messaging: memoryMessaging({ hub, faults }) } : {}),
      ...(durability === false ? {} : { durability: durabilityOf(durability, { hub, faults }) }),
      ...(outbox === false ? {} : { outbox: outboxOf(outbox, { hub, faults }) }),
      timing: { ...TIMING, ...timing },
      onWarning: (error) => warnings.push(error),
      ...rest,
    });
    const process = { fleet, faults, warnings };
    this.#processes.push(process);
    return process;
  }

  async openTwo(options?: ProcessOptions): Promise<readonly [Process, Process]> {
    return [await this.open(options), await this.open(options)];
  }

  /** Many, alike. */
  async openMany(count: number, options?: ProcessOptions): Promise<readonly Process[]> {
    const processes: Process[] = [];
    while (processes.length < count) processes.push(await this.open(options));
    return processes;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const { fleet, faults } of this.#processes) {
      if (!faults.isStopped) await fleet.close({ timeoutMs: 200 });
    }
  }
}

/** Core hands transactions through as they are: what they can do is not its business. */
function durabilityOf(
  wanted: Exclude<ProcessOptions["durability"], false | undefined>,
  where: { readonly hub: MemoryHub; readonly faults: MemoryFaults },
): DurabilityBackend<undefined> {
  const plain = memoryDurability(where) as DurabilityBackend;
  return (wanted === true ? plain : wanted(plain)) as DurabilityBackend<undefined>;
}

function outboxOf(
  wanted: Exclude<ProcessOptions["outbox"], false | undefined>,
  where: { readonly hub: MemoryHub; readonly faults: MemoryFaults },
): OutboxBackend<MemoryTransaction> {
  const plain = memoryOutbox(where);
  return wanted === true ? plain : wanted(plain);
}

/** What a driver's error is mapped to when the connection broke after the request had left. */
export function lostReply(): MusterError<"UNAVAILABLE"> {
  return new MusterError({
    code: "UNAVAILABLE",
    source: "test.fault",
    message: "the reply was lost",
    mayHaveApplied: true,
  });
}
