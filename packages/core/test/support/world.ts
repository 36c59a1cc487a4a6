import { ReceiptDesk } from "../../src/sending/durable/receipt-desk.ts";
/** Several processes on one hub, as far as messages and queries need them: sessions, nodes and registrations. */

import { setMaxListeners } from "node:events";
import { type MemoryFaults, type MemoryHub, memoryHub, memoryMessaging, memoryRegistry } from "@muster/backend-memory";
import type { Metadata } from "@muster/filter";
import type { Context } from "../../src/context.ts";
import { DEFAULT_LIMITS, type Limits } from "../../src/limits.ts";
import { createMailbox } from "../../src/receiving/mailbox.ts";
import type { Message } from "../../src/message.ts";
import { openNode, type ReceivingNode } from "../../src/receiving/node.ts";
import { sessionDirectory } from "../../src/life/session-directory.ts";
import type {
  MessagingBackend,
  MusterError,
  Registration,
  RegistryBackend,
  SetEntry,
  TimedCall,
} from "../../src/slots/index.ts";

export const CALL: TimedCall = { signal: new AbortController().signal, deadline: Number.POSITIVE_INFINITY };
setMaxListeners(0, CALL.signal); // Everything in a test file may be waiting under this one call at once.
const NAMESPACE = "test";

const TIMING = {
  ttlMs: 30_000,
  sessionLeaseMs: 10_000,
  timeoutMs: 10_000,
  reapIntervalMs: 1_000,
  claimMs: 30_000,
  auditIntervalMs: 60_000,
  queueGraceMs: 5_000,
  messageTtlMs: 60_000,
  pollIntervalMs: 200,
  handlerLeaseMs: 1_000,
  maxHandlerMs: 5_000,
  trackingRetentionMs: 60_000,
  deadLetterRetentionMs: 60_000,
  relayPollMs: 200,
  relayLeaseMs: 1_000,
};

export interface World {
  readonly hub: MemoryHub;
  readonly context: Context;
  readonly warnings: MusterError[];
  process(session: string, faults?: MemoryFaults): Promise<Process>;
}

export interface Process {
  readonly session: string;
  readonly node: ReceivingNode;
  /** What every receiver of this process was handed, in order. */
  readonly received: Message[];
  readonly replaced: { readonly identity: string; readonly epoch: number }[];
  readonly routes: ("up" | "down")[];
  /** Registers with a receiver, in the order the product does it. */
  register(identity: string, metadata?: Metadata, changes?: Partial<SetEntry>): Promise<Registration>;
}

export interface WorldOptions {
  readonly limits?: Partial<Limits>;
  /** Wrap what the verbs talk to; processes keep the plain backends. */
  readonly registry?: (plain: RegistryBackend) => RegistryBackend;
  readonly messaging?: (plain: MessagingBackend) => MessagingBackend;
}

export async function openWorld(options: WorldOptions = {}): Promise<World> {
  const hub = memoryHub();
  const registry = await openRegistry(hub);
  const messaging = await openMessaging(hub);
  const warnings: MusterError[] = [];
  const facade = options.registry?.(registry) ?? registry;
  const context: Context = {
    namespace: NAMESPACE,
    registry: facade,
    messaging: options.messaging?.(messaging) ?? messaging,
    durability: undefined,
    outbox: undefined,
    delivery: "at-most-once",
    schema: undefined,
    limits: { ...DEFAULT_LIMITS, ...options.limits },
    timing: TIMING,
    directory: sessionDirectory(facade, TIMING.sessionLeaseMs),
    node: undefined,
    receipts: new ReceiptDesk(),
    runs: new Map(),
    warn: (error) => void warnings.push(error),
  };
  return {
    hub,
    context,
    warnings,
    process: (session, faults) => openProcess(hub, registry, session, warnings, faults),
  };
}

async function openProcess(
  hub: MemoryHub,
  registry: RegistryBackend,
  session: string,
  warnings: MusterError[],
  faults?: MemoryFaults,
): Promise<Process> {
  const received: Message[] = [];
  const replaced: { identity: string; epoch: number }[] = [];
  const routes: ("up" | "down")[] = [];
  const node = openNode({
    messaging: await openMessaging(hub, faults),
    events: {
      onReplaced: (identity, epoch) => replaced.push({ identity, epoch }),
      onRoute: (state) => routes.push(state),
      onBell: () => {},
      onReceipts: () => {},
    },
    warn: (error) => void warnings.push(error),
  });
  await node.open(CALL);
  await stored(registry, entry(`$session/${session}`, { ttlMs: 60_000, address: node.address }));
  const register = async (
    identity: string,
    metadata: Metadata = {},
    changes: Partial<SetEntry> = {},
  ): Promise<Registration> => {
    const expectation = node.expect(identity);
    if (changes.address !== undefined) await node.addAddress(changes.address, CALL);
    const place = { session, address: node.address, sessionBound: true, ttlMs: 60_000 };
    const registration = await stored(registry, entry(identity, { metadata, ...place, ...changes }));
    expectation.attach(registration.epoch, collector(received));
    return registration;
  };
  return { session, node, received, replaced, routes, register };
}

export function collector(received: Message[]): ReturnType<typeof createMailbox> {
  return createMailbox({
    mayStart: () => true,
    onOverflow: () => {},
    onHandlerError: (error) => {
      throw error;
    },
    onMessage: (message) => void received.push(message),
  });
}

let attempts = 0;

/** A registration that nobody serves, without TTL. */
export function entry(identity: string, changes: Partial<SetEntry> = {}): SetEntry {
  attempts += 1;
  const nowhere = { ttlMs: undefined, session: undefined, address: undefined, sessionBound: false };
  return { identity, metadata: {}, ...nowhere, attempt: `attempt-${attempts}`, mode: "create", ...changes };
}

export async function stored(registry: RegistryBackend, one: SetEntry): Promise<Registration> {
  const [outcome] = await registry.setMany([one], CALL);
  if (outcome === undefined || !("stored" in outcome))
    throw new Error(`${one.identity} was not stored: ${JSON.stringify(outcome)}`);
  return outcome.stored;
}

/** Many registrations at once, served by nobody here unless `changes` say so. */
export async function storeMany(
  registry: RegistryBackend,
  identities: readonly string[],
  changes: Partial<SetEntry> = {},
): Promise<void> {
  for (let from = 0; from < identities.length; from += 500) {
    const outcomes = await registry.setMany(
      identities.slice(from, from + 500).map((identity) => entry(identity, changes)),
      CALL,
    );
    for (const outcome of outcomes)
      if (!("stored" in outcome)) throw new Error(`not stored: ${JSON.stringify(outcome)}`);
  }
}

async function openRegistry(hub: MemoryHub): Promise<RegistryBackend> {
  const registry = memoryRegistry({ hub });
  await registry.open({ namespace: NAMESPACE }, CALL);
  return registry;
}

export async function openMessaging(hub: MemoryHub, faults?: MemoryFaults): Promise<MessagingBackend> {
  const messaging = memoryMessaging({ hub, ...(faults === undefined ? {} : { faults }) });
  await messaging.open({ namespace: NAMESPACE }, CALL);
  return messaging;
}

/** Numbered names of one width, so that their order is that of the numbers. */
export function names(count: number, prefix = "id-"): readonly string[] {
  return Array.from({ length: count }, (_, index) => prefix + String(index).padStart(7, "0"));
}
