/** When a registration ends by itself: epoch ms of the store's clock, or never, which is `undefined`. */

import type { Registration } from "@muster/core/slots";
import type { StoredRecord } from "./stored-record.ts";

/** From the very millisecond that it names. */
export function isExpired({ expiresAt }: Registration, now: number): boolean {
  return expiresAt !== undefined && expiresAt <= now;
}

/** After a sign of life. What is bound to a session has no expiry of its own. */
export function nextExpiry(isSessionBound: boolean, ttlMs: number | undefined, now: number): number | undefined {
  return isSessionBound || ttlMs === undefined ? undefined : now + ttlMs;
}

/** By a stamp: never earlier than it already would; what was bound to a session had no expiry to keep. */
export function stampedExpiry({ isSessionBound, registration }: StoredRecord, stamp: number): number | undefined {
  if (isSessionBound) return stamp;
  return registration.expiresAt === undefined ? undefined : Math.max(registration.expiresAt, stamp);
}
