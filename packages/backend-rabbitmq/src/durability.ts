/** The durability slot on quorum queues: a queue for each process, copies that are safe before anything is acknowledged. */

import {
  type BatchFailure,
  type Call,
  DEFAULT_DURABILITY_SCOPE,
  type DequeueOptions,
  type DurabilityBackend,
  type DurabilityTraits,
  type DurableMessage,
  type Leased,
  Lifecycle,
  MusterError,
  type Scope,
  type Settlement,
  type Target,
  ofOperation,
} from "@muster/core/slots";
import { codedError, NAME } from "./errors.ts";
import { type RabbitmqMessagingOptions, type Settings, settingsOf } from "./options.ts";
import { checks, MAX_BATCH, MAX_LEASE_MS, MAX_PAYLOAD_BYTES, MAX_TTL_MS, MIN_LEASE_MS } from "./queues/arguments.ts";
import { attachMany, detachMany, dropMany } from "./queues/attaching.ts";
import { Arrivals } from "./queues/arrivals.ts";
import { dequeue } from "./queues/dequeueing.ts";
import { enqueueMany } from "./queues/enqueueing.ts";
import type { Why } from "./queues/places.ts";
import { extendMany, settleMany } from "./queues/settling.ts";
import { Space } from "./queues/space.ts";
import { tend } from "./queues/tending.ts";

export type RabbitmqDurabilityOptions = RabbitmqMessagingOptions;

const TRAITS: DurabilityTraits = Object.freeze({
  holds: "session",
  order: "none",
  lease: "session",
  delay: true,
  wakes: true,
  fences: "lease",
  queueQuota: false,
  dedupWindowMs: 0,
  attempts: "settled",
  minLeaseMs: MIN_LEASE_MS,
  maxLeaseMs: MAX_LEASE_MS,
  maxTtlMs: MAX_TTL_MS,
  maxPayloadBytes: MAX_PAYLOAD_BYTES,
  maxBatch: MAX_BATCH,
});

/**
 * Quorum queues of RabbitMQ 3.10 or later, on two connections that are opened and closed with it. No I/O here.
 *
 * @throws CONFIG_INVALID, naming each option.
 */
export function rabbitmqDurability(options: RabbitmqDurabilityOptions = {}): DurabilityBackend {
  return new RabbitmqDurability(settingsOf(options));
}

class RabbitmqDurability implements DurabilityBackend {
  readonly name: string = NAME;
  readonly traits: DurabilityTraits = TRAITS;
  readonly #settings: Settings;
  readonly #life = new Lifecycle(NAME);
  #space: Space | undefined;
  #tending: Disposable | undefined;

  constructor(settings: Settings) {
    this.#settings = settings;
  }

  async open({ namespace, durability = DEFAULT_DURABILITY_SCOPE }: Scope, call: Call): Promise<void> {
    await this.#life.open(call, async (opening) => {
      const space = new Space(this.#settings, { namespace, durability, receiving: (one) => new Arrivals(one) });
      try {
        await space.open(opening);
      } catch (error) {
        throw ofOperation(codedError(error, { operation: "open" }), `${NAME}.open`);
      }
      this.#space = space;
      this.#tending = tend(space);
    });
  }

  async enqueueMany(
    message: DurableMessage,
    targets: readonly Target[],
    options: { readonly ttlMs: number },
    call: Call,
  ): Promise<readonly BatchFailure[]> {
    return this.#run("enqueueMany", call, async (space) => {
      checks.checkMessage(message, "enqueueMany");
      checks.checkTargets(targets, "enqueueMany");
      checks.checkTtl(options.ttlMs, "enqueueMany");
      return enqueueMany(space, message, targets, options, call);
    });
  }

  async attachMany(session: string, targets: readonly Target[], call: Call): Promise<readonly BatchFailure[]> {
    return this.#run("attachMany", call, async (space) => {
      checks.checkSession(session, "attachMany");
      checks.checkTargets(targets, "attachMany");
      return attachMany(space, session, targets, call);
    });
  }

  async detachMany(session: string, identities: readonly string[], call: Call): Promise<void> {
    await this.#run("detachMany", call, async (space) => {
      checks.checkSession(session, "detachMany");
      checks.checkBatch(identities, "detachMany");
      for (const identity of identities) checks.checkIdentity(identity, "detachMany");
      return detachMany(space, session, identities);
    });
  }

  async dequeue(session: string, options: DequeueOptions, call: Call): Promise<readonly Leased[]> {
    return this.#run("dequeue", call, async (space) => {
      checks.checkSession(session, "dequeue");
      checks.checkDequeue(options);
      return dequeue(space, session, options, call);
    });
  }

  async settleMany(settlements: readonly Settlement[], call: Call): Promise<readonly BatchFailure[]> {
    return this.#run("settleMany", call, async (space) => {
      checks.checkBatch(settlements, "settleMany");
      return settleMany(space, settlements, call);
    });
  }

  async extendMany(receipts: readonly string[], leaseMs: number, call: Call): Promise<readonly BatchFailure[]> {
    return this.#run("extendMany", call, async (space) => {
      checks.checkBatch(receipts, "extendMany");
      checks.checkLease(leaseMs, "extendMany");
      return extendMany(space, receipts);
    });
  }

  async dropMany(targets: readonly Target[], why: Why, call: Call): Promise<void> {
    await this.#run("dropMany", call, async (space) => {
      checks.checkTargets(targets, "dropMany");
      return dropMany(space, targets, why, call);
    });
  }

  /** The server lets go of what is past its TTL; left to do is what the dead have left. */
  async sweep(_: { readonly limit: number }, call: Call): Promise<number> {
    return this.#run("sweep", call, async (space) => {
      await space.ledger.look();
      return 0;
    });
  }

  async close(): Promise<void> {
    await this.#life.close(async () => {
      this.#tending?.[Symbol.dispose]();
      await this.#space?.close();
    });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }

  #run<T>(operation: string, call: Call, work: (space: Space) => Promise<T>): Promise<T> {
    return this.#life.run(operation, call, async () => {
      const space = this.#space;
      if (space === undefined) throw new MusterError({ code: "CLOSED", source: NAME, message: "it is not open yet" });
      try {
        return await work(space);
      } catch (error) {
        throw ofOperation(codedError(error, { operation, mayHaveApplied: true }), `${NAME}.${operation}`);
      }
    });
  }
}
