/** What stands under an identity, as operations that decide look at it. */

import { SESSION_PREFIX } from "@muster/core/slots";
import type { Row, Store } from "../store/store.ts";
import { REGISTRATION_COLUMNS, WITH_METADATA } from "./rows.ts";

export interface Standing {
  readonly epoch: number;
  readonly revision: number;
  readonly registeredAt: number;
  readonly expiresAt: number | null;
  readonly ttlMs: number | null;
  readonly session: string | null;
  readonly isSessionBound: boolean;
  readonly attempt: string;
  /** A tombstone; the rest is of the one it was. */
  readonly isBuried: boolean;
}

const FIND = `select epoch, revision, registered_at, expires_at, ttl_ms, session, session_bound, attempt, buried_at
  from muster_registrations where namespace = ? and identity = ?`;

export function find(store: Store, namespace: string, identity: string): Standing | undefined {
  const row = store.get(FIND, [namespace, identity]);
  if (row === undefined) return undefined;
  const [epoch, revision, registeredAt, expiresAt, ttlMs, session, bound, attempt, buriedAt] = row;
  return {
    epoch: Number(epoch),
    revision: Number(revision),
    registeredAt: Number(registeredAt),
    expiresAt: expiresAt === null ? null : Number(expiresAt),
    ttlMs: ttlMs === null ? null : Number(ttlMs),
    session: session === null ? null : String(session),
    isSessionBound: bound === 1,
    attempt: String(attempt),
    isBuried: buriedAt !== null,
  };
}

export function isLive({ isBuried, expiresAt }: Standing, now: number): boolean {
  return !isBuried && (expiresAt === null || expiresAt > now);
}

/** What lives. */
export function findLive(store: Store, namespace: string, identity: string, now: number): Standing | undefined {
  const standing = find(store, namespace, identity);
  return standing !== undefined && isLive(standing, now) ? standing : undefined;
}

export function isSession(identity: string): boolean {
  return identity.startsWith(SESSION_PREFIX);
}

const DESCRIBE = `select ${REGISTRATION_COLUMNS} from muster_registrations r ${WITH_METADATA}
  where r.namespace = ? and r.identity = ?`;

/** The whole of it, as `registrationIn` reads it. */
export function describe(store: Store, namespace: string, identity: string): Row | undefined {
  return store.get(DESCRIBE, [namespace, identity]);
}
