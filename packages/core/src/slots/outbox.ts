/**
 * The outbox: a multicast that commits together with its sender's own writes, and leaves only after that.
 *
 * A sender resolves whom its multicast is for and records it in a transaction of its own database. Relays, at most one in
 * each process, hand what has been committed to the durability slot, or over the messaging slot to its recipients. Five rules
 * hold for every method:
 *
 * - **It commits, or it never was.** A relay sees what was recorded when the transaction in which that happened has committed,
 *   and nothing of it before that or after a rollback.
 * - **It leaves when it is settled.** What a relay has taken and not settled is taken again, by that relay or another. So it is
 *   handed over at least once; (message id, identity) makes it one delivery where it goes.
 * - **A recipient's messages lie in one shard**, which follows from the identity alone. One relay at a time serves a shard, and
 *   takes from it in the order in which things were recorded; of transactions that ran side by side, in either order.
 * - **Leases fence.** Whoever's lease on a shard is over takes and settles nothing there any more.
 * - **Recorded is kept.** What was committed ends only handed over, delivered, failed or expired, through any crash that the
 *   store itself survives.
 *
 * Life of one delivery:
 *
 * ```
 * record ──commit──► waiting ──take──► with a relay ──settle──► handed (another slot tells of it) │ delivered │ failed
 *                     ▲   │                 │
 *                     └───┼── left, lease over, not settled
 *                         └── its time is over ──► failed (EXPIRED)
 * ```
 */

import type { Backend, Call } from "./backend.ts";
import type { DeadCode } from "./durable-message.ts";
import type { MulticastRecord, MulticastStart, TrackedDelivery } from "./tracking.ts";

/** Facts an outbox states about itself. */
export interface OutboxTraits {
  /** Of a namespace: as many relays can share its work. */
  readonly shards: number;
  readonly minLeaseMs: number;
  readonly maxLeaseMs: number;
  /** Longest TTL of a message. */
  readonly maxTtlMs: number;
  readonly maxPayloadBytes: number;
}

/** Whom a multicast is for: the registration that was resolved when it was recorded. */
export interface OutboxTarget {
  readonly identity: string;
  readonly epoch: number;
}

export interface Recorded {
  /** False: its idempotency key stands already, for `record`; nothing was added. */
  readonly isNew: boolean;
  readonly record: MulticastRecord;
  /** How many recipients `record` has. */
  readonly targetCount: number;
}

/** A relay's hold on one shard. */
export interface ShardLease {
  /** 0 to `shards` − 1. */
  readonly shard: number;
  /** Opaque; names this lease and no later one. The same for as long as it is renewed. */
  readonly lease: string;
}

/** Recipients of one multicast that wait in one shard, where they were recorded together. */
export interface Parcel {
  /** Opaque; the same whenever it is taken. */
  readonly parcel: string;
  readonly start: MulticastStart;
  /** In UTF-8 order of identity. */
  readonly targets: readonly OutboxTarget[];
  /** What was left of its time, in ms, when it was taken; above 0. */
  readonly ttlMs: number;
  /** How often it has been left behind, so far. */
  readonly attempts: number;
}

/** Why a delivery has ended in the outbox. */
export type OutboxCode = DeadCode | "QUEUE_FULL";

export interface OutboxFailure {
  readonly identity: string;
  readonly code: OutboxCode;
  readonly reason: string;
}

/** What has become of the recipients of one parcel. */
export interface ParcelSettlement {
  readonly parcel: string;
  /** Those that are neither failed nor left: the durability slot has them and tells of them; or they have acknowledged. */
  readonly as: "handed" | "delivered";
  readonly failed: readonly OutboxFailure[];
  /** Identities that stay, to be taken again when `delayMs` (default 0) is over. */
  readonly left: readonly string[];
  readonly delayMs?: number;
}

export interface OutboxBacklog {
  /** Deliveries that wait or are with a relay. */
  readonly deliveries: number;
  /** How long the oldest of them has been waiting, in ms by the store's clock; `undefined`: there is none. */
  readonly oldestMs: number | undefined;
}

/** How many recipients a multicast has, and how many of them have ended here; the others wait, or were handed over. */
export interface OutboxCounts {
  readonly targets: number;
  readonly delivered: number;
  readonly failed: number;
}

/** What became of one delivery that was not handed over. */
export interface OutboxDelivery extends Pick<TrackedDelivery, "identity" | "status" | "reason"> {
  /** Present when `failed`. */
  readonly code: OutboxCode | undefined;
}

export interface OutboxBackend<Transaction = unknown> extends Backend {
  readonly traits: OutboxTraits;

  /**
   * Records a multicast and whom it is for in the caller's own transaction, which stays the caller's to commit or roll back.
   * Of `targets`, page by page, nobody is recorded twice. Of several under one idempotency key one is recorded; whoever comes
   * second while the first has not committed waits for that.
   *
   * When it rejects, also with what `targets` throws, nothing of it stands in the transaction, which goes on, unless its
   * connection is lost.
   *
   * @throws INVALID_ARGUMENT: it is not a transaction that is open, or ttlMs is over `maxTtlMs`. PAYLOAD_TOO_LARGE. What the
   * store throws.
   */
  record(
    transaction: Transaction,
    start: MulticastStart,
    targets: AsyncIterable<readonly OutboxTarget[]>,
    call: Call,
  ): Promise<Recorded>;

  /**
   * Renews what this relay holds, and evens out: each relay that has asked within its lease gets its share of the shards, give
   * or take one. What others hold is free when they have given it back, by a later call of their own, or their lease is over.
   *
   * @returns all that it holds now.
   */
  leaseShards(relay: string, options: { readonly leaseMs: number }, call: Call): Promise<readonly ShardLease[]>;
  /** Gives everything back, and counts no longer as a relay until it asks again. Unknown: nothing. */
  releaseShards(relay: string, call: Call): Promise<void>;

  /**
   * What waits in a shard and is due, oldest first, up to `maxTargets` but at least one parcel where there is one. It stays
   * there until it is settled. What is over its time is never among it.
   *
   * @throws FENCED: the lease is over.
   */
  take(lease: ShardLease, options: { readonly maxTargets: number }, call: Call): Promise<readonly Parcel[]>;

  /**
   * Settles parcels of one shard, all or none of them. One that is not there any more is no failure.
   *
   * @returns ids of the multicasts of which nobody waits any more, in any shard.
   * @throws FENCED: the lease is over; nothing was settled.
   */
  settleMany(lease: ShardLease, settlements: readonly ParcelSettlement[], call: Call): Promise<readonly string[]>;

  /** Of the namespace, in all shards. */
  backlog(call: Call): Promise<OutboxBacklog>;

  /** `undefined`: not committed, or over its retention. Always `complete`: everyone it is for is recorded with it. */
  find(id: string, call: Call): Promise<MulticastRecord | undefined>;
  /** Zeros for the unknown. */
  counts(id: string, call: Call): Promise<OutboxCounts>;
  /** Those that were not handed over, in pages in UTF-8 byte order of identity, `after` exclusive. */
  deliveries(
    id: string,
    query: { readonly after?: string; readonly pageSize: number },
    call: Call,
  ): AsyncIterable<readonly OutboxDelivery[]>;

  /**
   * Fails what is over its time, and forgets multicasts that ended longer than the retention of receipts ago, at most `limit`
   * of each; resolves with how many.
   */
  sweep(options: { readonly limit: number }, call: Call): Promise<number>;

  /** Present: it tells when something has been committed, so that a relay need not wait for its next look. */
  readonly bells?: OutboxBellFacet;
}

export interface OutboxBellFacet {
  /**
   * From now on `ring` is called soon after something was committed in this namespace by any process. It may be called for
   * nothing, and a bell may be lost. What is lost with a connection comes back by itself, and rings then. Must not throw.
   */
  listen(ring: () => void, call: Call): Promise<AsyncDisposable>;
}
