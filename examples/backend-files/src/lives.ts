/** What becomes of a record: no file is touched here. `now` is the clock of the machine, which all its processes share. */

import type { Lease, Registration, SetEntry } from "@muster/core/slots";
import type { Metadata } from "@muster/filter";
import type { StoredRecord } from "./codec.ts";

/** From the very millisecond that it names. */
export function isExpired({ expiresAt }: Registration, now: number): boolean {
  return expiresAt !== undefined && expiresAt <= now;
}

export function newLife(entry: SetEntry, epoch: number, now: number): StoredRecord {
  const { identity, session, address, ttlMs, attempt, sessionBound: isSessionBound } = entry;
  const expiresAt = expiryOf(isSessionBound, ttlMs, now);
  const metadata = ownMetadata(entry.metadata);
  return {
    registration: {
      identity,
      epoch,
      session,
      address,
      registeredAt: now,
      expiresAt,
      ttlMs,
      revision: 1,
      metadata,
      attempt,
    },
    isSessionBound,
  };
}

/** The same life, updated. */
export function rewritten({ registration, isSessionBound }: StoredRecord, entry: SetEntry, now: number): StoredRecord {
  const { session, address, ttlMs, attempt, sessionBound } = entry;
  const expiresAt = sessionBound === isSessionBound ? registration.expiresAt : expiryOf(sessionBound, ttlMs, now);
  const metadata = ownMetadata(entry.metadata);
  const revision = registration.revision + 1;
  return {
    registration: { ...registration, session, address, expiresAt, ttlMs, revision, metadata, attempt },
    isSessionBound: sessionBound,
  };
}

/** The same life after a sign of it, or stamped by the reaper. */
export function renewed(record: StoredRecord, lease: Lease, now: number): StoredRecord {
  const { registration, isSessionBound } = record;
  const ttlMs = lease.ttlMs ?? registration.ttlMs;
  if (lease.expiresAt === undefined) {
    return {
      registration: { ...registration, ttlMs, expiresAt: expiryOf(isSessionBound, ttlMs, now) },
      isSessionBound,
    };
  }
  const expiresAt = stampedExpiry(record, lease.expiresAt);
  return { registration: { ...registration, ttlMs, expiresAt }, isSessionBound: false };
}

function expiryOf(isSessionBound: boolean, ttlMs: number | undefined, now: number): number | undefined {
  return isSessionBound || ttlMs === undefined ? undefined : now + ttlMs;
}

/** Never earlier than it already would; what was bound to a session had no expiry to keep. */
function stampedExpiry({ registration, isSessionBound }: StoredRecord, stamp: number): number | undefined {
  if (isSessionBound) return stamp;
  return registration.expiresAt === undefined ? undefined : Math.max(registration.expiresAt, stamp);
}

/** What is read later: a copy of its JSON, which the writer's object has no part in. */
function ownMetadata(metadata: Metadata): Metadata {
  return JSON.parse(JSON.stringify(metadata)) as Metadata; // Metadata is JSON.
}
