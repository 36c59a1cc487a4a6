/**
 * Who waits for whom. (1) The lock of a namespace's shards: one relay at a time evens out, in milliseconds. (2) The row of one
 * shard: whoever settles in it has it, so that its lease lasts until what it has settled is committed; whoever evens out takes
 * those that he changes in their order, and needs nothing after that. (3) Parcels, in order of their numbers; whoever sweeps
 * passes over those that somebody has. (4) Multicasts, in order of their numbers, to learn whether anybody waits for them
 * still: of two who settle the last two parcels at the same time the second waits, and sees what the first has done.
 *
 * Whoever records waits for nobody but another transaction with the same id or idempotency key.
 */

import { lockKey, type Names } from "../../keys.ts";

/** `sp` is the namespace. */
export const haveShards = (names: Names): string =>
  `perform pg_advisory_xact_lock(${Number(BigInt.asIntN(32, BigInt(lockKey("outbox", names.schemaName))))}, sp)`;
