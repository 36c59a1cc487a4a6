/**
 * Who waits for whom. (1) The lock of a namespace: enqueueing shares it; attaching, detaching, dropping, parking and forgetting
 * have it alone. So whoever enqueues knows for certain who is attached where, and reads it without writing to these rows.
 * (2) The row of a session: one at a time dequeues for it. Several that skipped each other's rows could not keep the order of
 * an identity whose first rows another one has in hand. (3) Rows of the queue, in the order of identity and message. Whoever
 * takes several takes them in this order; none of them waits in a circle.
 */

import { lockKey, type Names } from "../../keys.ts";

/** Tells locks of namespaces apart from other people's locks of two numbers. */
function lockClass({ schemaName }: Names): number {
  return Number(BigInt.asIntN(32, BigInt(lockKey("queues", schemaName))));
}

/** `sp` is the namespace. */
export const shareSpace = (names: Names): string => `perform pg_advisory_xact_lock_shared(${lockClass(names)}, sp)`;
export const haveSpace = (names: Names): string => `perform pg_advisory_xact_lock(${lockClass(names)}, sp)`;
