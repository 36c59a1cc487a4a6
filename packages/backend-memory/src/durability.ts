/** The durability slot in one process: the contract of `@muster/core/slots`, rule by rule, over {@link Queues}. */

import {
  type BatchFailure,
  type Call,
  type DeadCode,
  type DeadLetterFacet,
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
  type TrackingFacet,
  type TransactionFacet,
} from "@muster/core/slots";
import {
  checkDequeue,
  checkDurableBatch,
  checkLease,
  checkMessage,
  checkTtl,
  MAX_DURABLE_BATCH,
  MAX_LEASE_MS,
  MAX_TTL_MS,
  MAX_PAYLOAD_BYTES,
  MIN_LEASE_MS,
} from "./arguments.ts";
import { NAME } from "./client.ts";
import type { MemoryFaults } from "./faults.ts";
import { type MemoryHub, memoryHub } from "./hub.ts";
import { Access } from "./queues/access.ts";
import { attach, detach, drop } from "./queues/attaching.ts";
import { deadLetterFacet } from "./queues/dead-letter-facet.ts";
import { dequeue } from "./queues/dequeueing.ts";
import { enqueue } from "./queues/enqueueing.ts";
import { refusalsOf } from "./queues/refusal.ts";
import { extend, settle } from "./queues/settling.ts";
import { trackingFacet } from "./queues/tracking-facet.ts";
import { transactionFacet } from "./queues/transaction-facet.ts";
import type { MemoryTransaction } from "./transaction.ts";

export interface MemoryDurabilityOptions {
  /** Default: one of its own, which nobody else sees. */
  readonly hub?: MemoryHub;
  /** For tests: the misfortunes of the process this client stands for. */
  readonly faults?: MemoryFaults;
}

/** Queues in the memory of this process, which end with their hub. */
export function memoryDurability(options: MemoryDurabilityOptions = {}): DurabilityBackend<MemoryTransaction> {
  return new MemoryDurability(options);
}

class MemoryDurability implements DurabilityBackend<MemoryTransaction> {
  readonly name: string = NAME;
  readonly tracking: TrackingFacet;
  readonly transactions: TransactionFacet<MemoryTransaction>;
  readonly deadLetters: DeadLetterFacet;
  readonly #access: Access;
  #traits: DurabilityTraits = traitsOf(DEFAULT_DURABILITY_SCOPE);

  constructor({ hub = memoryHub(), faults }: MemoryDurabilityOptions) {
    this.#access = new Access(hub, faults);
    this.tracking = trackingFacet(this.#access);
    this.transactions = transactionFacet(this.#access);
    this.deadLetters = deadLetterFacet(this.#access);
  }

  /** Its window of deduplication is known once it is open. */
  get traits(): DurabilityTraits {
    return this.#traits;
  }

  async open(scope: Scope, call: Call): Promise<void> {
    await this.#access.open(scope, call);
    this.#traits = traitsOf(this.#access.scope);
  }

  async enqueueMany(
    message: DurableMessage,
    targets: readonly Target[],
    { ttlMs }: { readonly ttlMs: number },
    call: Call,
  ): Promise<readonly BatchFailure[]> {
    const operation = "enqueueMany";
    return this.#access.run(operation, call, (queues, { now, knownUntil, maxQueued }) => {
      checkMessage(message, operation);
      checkTtl(ttlMs, operation);
      checkDurableBatch(targets, operation);
      const kept = queues.messages.keep(message, knownUntil);
      const options = { intake: queues.intake(now + ttlMs), maxQueued };
      return refusalsOf(operation, targets, identityOf, (target) => enqueue(queues, kept, target, options));
    });
  }

  async attachMany(session: string, targets: readonly Target[], call: Call): Promise<readonly BatchFailure[]> {
    const operation = "attachMany";
    return this.#access.run(operation, call, (queues) => {
      checkDurableBatch(targets, operation);
      return refusalsOf(operation, targets, identityOf, (target) => attach(queues, session, target));
    });
  }

  async detachMany(session: string, identities: readonly string[], call: Call): Promise<void> {
    await this.#access.run("detachMany", call, (queues) => {
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
    return this.#access.run(operation, call, (queues, moment) => {
      checkDurableBatch(settlements, operation);
      return refusalsOf(
        operation,
        settlements,
        ({ receipt }) => receipt,
        (settlement) => settle(queues, settlement, moment),
      );
    });
  }

  async extendMany(receipts: readonly string[], leaseMs: number, call: Call): Promise<readonly BatchFailure[]> {
    const operation = "extendMany";
    return this.#access.run(operation, call, (queues, { now }) => {
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
    await this.#access.run("dropMany", call, (queues, moment) => {
      checkDurableBatch(targets, "dropMany");
      for (const target of targets) drop(queues, target, why, moment);
    });
  }

  /** Every operation has done it already: see `queues/passing-time.ts`. */
  async sweep(_options: { readonly limit: number }, call: Call): Promise<number> {
    return this.#access.run("sweep", call, () => 0);
  }

  async close(): Promise<void> {
    await this.#access.client.close(() => {});
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }

  async #lease(session: string, options: DequeueOptions, call: Call): Promise<readonly Leased[]> {
    return this.#access.run("dequeue", call, (queues, { now }) => {
      checkDequeue(options, "dequeue");
      return dequeue(queues, session, options, now);
    });
  }

  /** Or until time itself has something to do, or `waitMs` have passed. */
  async #untilDue(session: string, waitMs: number, call: Call): Promise<void> {
    const { agenda, mailboxes } = this.#access.queues;
    const nextAt = agenda.firstRank ?? Number.POSITIVE_INFINITY;
    using wait = mailboxes.arrivals.expect(session, Math.min(waitMs, Math.max(0, nextAt - this.#access.now)));
    await this.#access.client.run("dequeue", call, async () => {
      if (mailboxes.session(session)?.ready.first === undefined) await wait.over;
    });
  }
}

function traitsOf({ trackingRetentionMs }: DurabilityScope): DurabilityTraits {
  return Object.freeze({
    holds: "recipient",
    order: "fifo",
    lease: "message",
    delay: true,
    fences: "epoch",
    queueQuota: true,
    dedupWindowMs: trackingRetentionMs,
    attempts: "exact",
    wakes: false,
    minLeaseMs: MIN_LEASE_MS,
    maxLeaseMs: MAX_LEASE_MS,
    maxTtlMs: MAX_TTL_MS,
    maxPayloadBytes: MAX_PAYLOAD_BYTES,
    maxBatch: MAX_DURABLE_BATCH,
  });
}

function identityOf({ identity }: Target): string {
  return identity;
}
