/** Signs of life: the contract's `renewMany`, for one batch. */

import type { Lease, LeaseOutcome } from "@muster/core/slots";
import type { Store } from "../store/store.ts";
import { findLive, type Standing } from "./standing.ts";

export interface RenewManyArgs {
  readonly namespace: string;
  /** In whole ms. */
  readonly leases: readonly Lease[];
}

const RENEW = `update muster_registrations set expires_at = ?, ttl_ms = ?, session_bound = ?
  where namespace = ? and identity = ?`;

export function renewMany(store: Store, { namespace, leases }: RenewManyArgs): readonly LeaseOutcome[] {
  const now = store.now();
  return leases.map((lease) => {
    const live = findLive(store, namespace, lease.identity, now);
    if (live === undefined) return "absent";
    if (live.epoch !== lease.epoch) return "fenced";
    const ttlMs = lease.ttlMs ?? live.ttlMs;
    const isSessionBound = live.isSessionBound && lease.expiresAt === undefined;
    const expiresAt =
      lease.expiresAt === undefined ? nextExpiry(live, ttlMs, now) : stampedExpiry(live, lease.expiresAt);
    if (expiresAt !== live.expiresAt || ttlMs !== live.ttlMs || isSessionBound !== live.isSessionBound) {
      store.run(RENEW, [expiresAt ?? undefined, ttlMs ?? undefined, isSessionBound, namespace, lease.identity]);
    }
    return expiresAt ?? "never";
  });
}

function nextExpiry({ isSessionBound }: Standing, ttlMs: number | null, now: number): number | null {
  return isSessionBound || ttlMs === null ? null : now + ttlMs;
}

/** Never earlier than it would anyway: what has no end of its own keeps it so, unless its session has kept it alive. */
function stampedExpiry({ isSessionBound, expiresAt }: Standing, stamp: number): number | null {
  if (isSessionBound) return stamp;
  return expiresAt === null ? null : Math.max(expiresAt, stamp);
}
