/** The durability slot in one process: the contract of `@muster/core/slots`, rule by rule, over {@link Queues}. */

import {
  type BatchFailure,
  type Call,
  type DeadCode,
  DEFAULT_DURABILITY_SCOPE,
  type DequeueOptions,
  type DurabilityBackend,
  type DurabilityScope,
  type DurabilityTraits,
  type DurableMessage,
  type Leased,
  type Scope,
  type Settlement,
  type Target,
  type TrackedDelivery,
  type TrackingFacet,
} from "@muster/core/slots";
import {
  checkDequeue,
  checkDurableBatch,
  checkLease,
  checkMessage,
  checkPageSize,
  checkTtl,
  MAX_DURABLE_BATCH,
  MAX_LEASE_MS,
  MAX_PAYLOAD_BYTES,
  MIN_LEASE_MS,
} from "./arguments.ts";
import { Client, NAME } from "./client.ts";
import { Line, type MemoryFaults } from "./faults.ts";
import { type MemoryHub, memoryHub } from "./hub.ts";
import { attach, detach, drop } from "./queues/attaching.ts";
import { dequeue } from "./queues/dequeueing.ts";
import { enqueue } from "./queues/enqueueing.ts";
import { letTimePass } from "./queues/passing-time.ts";
import type { Queues } from "./queues/queues.ts";
import { refusalsOf } from "./queues/refusal.ts";
import { extend, settle } from "./queues/settling.ts";
import { begin, complete, countsOf, type DeliveryQuery, pageOf, recordOf } from "./queues/tracking.ts";

export interface MemoryDurabilityOptions {
  /** Default: one of its own, which nobody else sees. */
  readonly hub?: MemoryHub;
  /** For tests: the misfortunes of the process this client stands for. */
  readonly faults?: MemoryFaults;
}

/** Queues in the memory of this process, which end with their hub. */
export function memoryDurability(options: MemoryDurabilityOptions = {}): DurabilityBackend {
  return new MemoryDurability(options);
}

class MemoryDurability implements DurabilityBackend {
  readonly name: string = NAME;
  readonly tracking: TrackingFacet;
  readonly #hub: MemoryHub;
  readonly #client: Client;
  #namespace = "";
  #scope: DurabilityScope = DEFAULT_DURABILITY_SCOPE;

  constructor({ hub = memoryHub(), faults }: MemoryDurabilityOptions) {
    this.#hub = hub;
    this.#client = new Client("store", new Line(hub.faults, ...(faults ? [faults] : [])));
    this.tracking = this.#trackingFacet();
  }

  get traits(): DurabilityTraits {
    return traitsOf(this.#scope);
  }

  async open({ namespace, durability = DEFAULT_DURABILITY_SCOPE }: Scope, call: Call): Promise<void> {
    await this.#client.open(call, () => {
      this.#namespace = namespace;
      this.#scope = durability;
    });
  }

  async enqueueMany(
    message: DurableMessage,
    targets: readonly Target[],
    { ttlMs }: { readonly ttlMs: number },
    call: Call,
  ): Promise<readonly BatchFailure[]> {
    const operation = "enqueueMany";
    return this.#run(operation, call, (queues, now) => {
      checkMessage(message, operation);
      checkTtl(ttlMs, operation);
      checkDurableBatch(targets, operation);
      const kept = queues.messages.keep(message, now + this.#scope.trackingRetentionMs);
      const { maxQueued = Number.POSITIVE_INFINITY } = this.#scope;
      const options = { turn: queues.nextTurn(), expiresAt: now + ttlMs, maxQueued };
      return refusalsOf(operation, targets, identityOf, (target) => enqueue(queues, kept, target, options));
    });
  }

  async attachMany(session: string, targets: readonly Target[], call: Call): Promise<readonly BatchFailure[]> {
    const operation = "attachMany";
    return this.#run(operation, call, (queues) => {
      checkDurableBatch(targets, operation);
      return refusalsOf(operation, targets, identityOf, (target) => attach(queues, session, target));
    });
  }

  async detachMany(session: string, identities: readonly string[], call: Call): Promise<void> {
    await this.#run("detachMany", call, (queues) => {
      checkDurableBatch(identities, "detachMany");
      for (const identity of identities) detach(queues, session, identity);
    });
  }

  async dequeue(session: string, options: DequeueOptions, call: Call): Promise<readonly Leased[]> {
    const leased = await this.#lease(session, options, call);
    if (leased.length > 0 || options.waitMs <= 0) return leased;
    await this.#untilDue(session, options.waitMs, call);
    return this.#lease(session, options, call);
  }

  async settleMany(settlements: readonly Settlement[], call: Call): Promise<readonly BatchFailure[]> {
    const operation = "settleMany";
    return this.#run(operation, call, (queues, now) => {
      checkDurableBatch(settlements, operation);
      const letterUntil = now + this.#scope.deadLetterRetentionMs;
      return refusalsOf(
        operation,
        settlements,
        ({ receipt }) => receipt,
        (settlement) => settle(queues, settlement, now, letterUntil),
      );
    });
  }

  async extendMany(receipts: readonly string[], leaseMs: number, call: Call): Promise<readonly BatchFailure[]> {
    const operation = "extendMany";
    return this.#run(operation, call, (queues, now) => {
      checkDurableBatch(receipts, operation);
      checkLease(leaseMs, operation);
      return refusalsOf(
        operation,
        receipts,
        (receipt) => receipt,
        (receipt) => extend(queues, receipt, now + leaseMs),
      );
    });
  }

  async dropMany(
    targets: readonly Target[],
    why: { readonly code: DeadCode; readonly reason: string },
    call: Call,
  ): Promise<void> {
    await this.#run("dropMany", call, (queues, now) => {
      checkDurableBatch(targets, "dropMany");
      const letterUntil = now + this.#scope.deadLetterRetentionMs;
      const rememberedUntil = now + this.#scope.trackingRetentionMs;
      for (const target of targets) drop(queues, target, why, { now, letterUntil, rememberedUntil });
    });
  }

  /** Every operation has done it already: see `queues/passing-time.ts`. */
  async sweep(_options: { readonly limit: number }, call: Call): Promise<number> {
    return this.#run("sweep", call, () => 0);
  }

  async close(): Promise<void> {
    await this.#client.close(() => {});
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }

  async #run<T>(operation: string, call: Call, apply: (queues: Queues, now: number) => T): Promise<T> {
    return this.#client.run(operation, call, () => {
      const queues = this.#hub.queues(this.#namespace);
      const now = this.#hub.now();
      letTimePass(queues, now);
      return apply(queues, now);
    });
  }

  async #lease(session: string, options: DequeueOptions, call: Call): Promise<readonly Leased[]> {
    return this.#run("dequeue", call, (queues, now) => {
      checkDequeue(options, "dequeue");
      return dequeue(queues, session, options.max, now + options.leaseMs);
    });
  }

  /** Or until time itself has something to do, or `waitMs` have passed. */
  async #untilDue(session: string, waitMs: number, call: Call): Promise<void> {
    const { agenda, mailboxes } = this.#hub.queues(this.#namespace);
    const nextAt = agenda.firstRank ?? Number.POSITIVE_INFINITY;
    using wait = mailboxes.arrivals.expect(session, Math.min(waitMs, Math.max(0, nextAt - this.#hub.now())));
    await this.#client.run("dequeue", call, async () => {
      if (mailboxes.session(session)?.ready.first === undefined) await wait.over;
    });
  }

  #trackingFacet(): TrackingFacet {
    return {
      begin: (start, call) =>
        this.#run("begin", call, (queues, now) => {
          checkMessage(start.message, "begin");
          return begin(queues, start, now, now + this.#scope.trackingRetentionMs);
        }),
      complete: (id, call) => this.#run("complete", call, (queues) => complete(queues, id)),
      find: (id, call) => this.#run("find", call, ({ messages }) => recordOf(messages.find(id))),
      counts: (id, call) => this.#run("counts", call, ({ messages }) => countsOf(messages.find(id))),
      deliveries: (id, query, call) => this.#deliveries(id, query, call),
    };
  }

  async *#deliveries(
    id: string,
    query: DeliveryQuery,
    call: Call,
  ): AsyncGenerator<readonly TrackedDelivery[], void, undefined> {
    checkPageSize(query.pageSize, "deliveries");
    let after = query.after;
    while (true) {
      const behind: DeliveryQuery = after === undefined ? query : { ...query, after };
      const page = await this.#run("deliveries", call, ({ messages }) => pageOf(messages.find(id), behind));
      if (page.length > 0) yield page;
      if (page.length < query.pageSize) return;
      after = page.at(-1)?.identity;
    }
  }
}

function traitsOf({ trackingRetentionMs }: DurabilityScope): DurabilityTraits {
  return {
    holds: "recipient",
    order: "fifo",
    lease: "message",
    delay: true,
    fences: "epoch",
    queueQuota: true,
    dedupWindowMs: trackingRetentionMs,
    minLeaseMs: MIN_LEASE_MS,
    maxLeaseMs: MAX_LEASE_MS,
    maxPayloadBytes: MAX_PAYLOAD_BYTES,
    maxBatch: MAX_DURABLE_BATCH,
  };
}

function identityOf({ identity }: Target): string {
  return identity;
}
