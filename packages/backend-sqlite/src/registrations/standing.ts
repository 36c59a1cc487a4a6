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

const COLUMNS = "epoch, revision, registered_at, expires_at, ttl_ms, session, session_bound, attempt, buried_at";

const FIND = `select ${COLUMNS} from muster_registrations where namespace = ? and identity = ?`;

export function find(store: Store, namespace: string, identity: string): Standing | undefined {
  const row = store.get(FIND, [namespace, identity]);
  return row && standingIn(row);
}

const FIND_MANY = `select ${COLUMNS}, identity
  from json_each(?2) j cross join muster_registrations r where r.namespace = ?1 and r.identity = j.value`;

/** By identity, whatever stands under any of them: with a statement for all, which costs an eighth of one for each. */
export function findMany(
  store: Store,
  namespace: string,
  identities: readonly string[],
): ReadonlyMap<string, Standing> {
  const rows = store.all(FIND_MANY, [namespace, JSON.stringify(identities)]);
  return new Map(rows.map((row) => [String(row.at(-1)), standingIn(row)]));
}

function standingIn(row: Row): Standing {
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
