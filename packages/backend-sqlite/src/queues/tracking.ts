/** What is known of multicasts and of their deliveries. */

import type { DeadCode, DeliveryCounts, MulticastRecord, MulticastStart, TrackedDelivery } from "@muster/core/slots";
import type { Row, Store } from "../store/store.ts";
import { EXPIRED } from "./ending.ts";
import { CONTENTS, keepMessage, messageIn } from "./messages.ts";
import type { Space } from "./space.ts";

export interface BeginArgs extends Space {
  readonly start: MulticastStart;
}

/** What is asked about: a multicast by its message's id. */
export interface MulticastArgs extends Space {
  readonly id: string;
}

export interface DeliveryQuery {
  readonly after?: string;
  readonly pageSize: number;
  readonly statuses?: readonly TrackedDelivery["status"][];
}

/** A page, and whether it is the last one. */
export interface Page<T> {
  readonly items: readonly T[];
  readonly isLast: boolean;
}

/** Of several that begin with one id or one key one does, for writes come one after the other. */
export function begin(
  store: Store,
  { space, start, trackingRetentionMs }: BeginArgs,
): { readonly begun: boolean; readonly record: MulticastRecord } {
  const { message, idempotencyKey, digest, filter, ttlMs } = start;
  const standing =
    recordOf(store, space, "m.id = ?2", message.id) ??
    (idempotencyKey === undefined ? undefined : recordOf(store, space, "c.idempotency_key = ?2", idempotencyKey));
  if (standing !== undefined) return { begun: false, record: standing };
  const now = store.now();
  const number = keepMessage(store, space, message, now + trackingRetentionMs);
  forgetOver(store, space, number, idempotencyKey);
  store.run(
    `insert into muster_multicasts (message, space, idempotency_key, digest, filter, ttl_ms, started_at)
      values (?, ?, ?, ?, ?, ?, ?)`,
    [number, space, idempotencyKey, digest, filter ?? undefined, ttlMs, now],
  );
  store.run(
    `update muster_messages set known_until = max(known_until, ?2), check_at = max(check_at, ?2) where message = ?1`,
    [number, now + trackingRetentionMs],
  );
  const record = recordOf(store, space, "m.id = ?2", message.id);
  if (record === undefined) throw new Error("a multicast that has begun is not there");
  return { begun: true, record };
}

/** What is over its retention stands in nobody's way. */
function forgetOver(store: Store, space: number, number: number, key: string | undefined): void {
  const now = store.now();
  store.run(
    `delete from muster_deliveries where message = ?1 and state <> 0
      and exists (select 1 from muster_messages m where m.message = ?1 and m.known_until <= ?2)`,
    [number, now],
  );
  store.run(
    `delete from muster_multicasts where (message = ?1 or (space = ?2 and idempotency_key = ?3))
      and exists (select 1 from muster_messages m where m.message = muster_multicasts.message and m.known_until <= ?4)`,
    [number, space, key, now],
  );
}

export function complete(store: Store, { space, id }: MulticastArgs): void {
  store.run(
    `update muster_multicasts set complete = 1
      where message = (select m.message from muster_messages m where m.space = ? and m.id = ?)`,
    [space, id],
  );
}

export function find(store: Store, { space, id }: MulticastArgs): MulticastRecord | undefined {
  return recordOf(store, space, "m.id = ?2", id);
}

function recordOf(store: Store, space: number, which: string, value: string): MulticastRecord | undefined {
  const row = store.get(
    `select ${CONTENTS}, c.idempotency_key, c.digest, c.filter, c.ttl_ms, c.complete, c.started_at
      from muster_multicasts c join muster_messages m on m.message = c.message
      where c.space = ?1 and m.space = ?1 and ${which} and m.known_until > ?3`,
    [space, value, store.now()],
  );
  return row && recordIn(row);
}

function recordIn(row: Row): MulticastRecord {
  const [key = null, digest, filter = null, ttlMs, isComplete, startedAt] = row.slice(6);
  return {
    message: messageIn(row),
    idempotencyKey: key === null ? undefined : String(key),
    digest: String(digest),
    filter: filter === null ? null : String(filter),
    ttlMs: Number(ttlMs),
    state: isComplete === 1 ? "complete" : "open",
    startedAt: Number(startedAt),
  };
}

/**
 * Deliveries `d` of message `?2`, with the rows `q` of those that are pending. `state` is as it is told: what is past its TTL
 * and not leased has expired, whether or not anybody has swept; of what has ended nothing is told when its retention is over.
 */
const TOLD = `
  (select m.message, m.known_until > ?3 as is_told from muster_messages m where m.space = ?1 and m.id = ?2) k
  cross join muster_deliveries d on d.message = k.message and (d.state = 0 or k.is_told)
  left join muster_queue q on d.state = 0 and q.space = ?1 and q.identity = d.identity and q.seq = d.seq`;
const STATE = `case when d.state <> 0 then d.state
  when q.expires_at > ?3 or exists (select 1 from muster_terms t
    where t.space = ?1 and t.term = q.term and t.until > ?3) then 0
  else 2 end`;

export function counts(store: Store, { space, id }: MulticastArgs): DeliveryCounts {
  const rows = store.all(`select ${STATE} as state, count(*) from ${TOLD} group by state`, [space, id, store.now()]);
  const byState = new Map(rows.map(([state, count]) => [Number(state), Number(count)]));
  return { pending: byState.get(0) ?? 0, delivered: byState.get(1) ?? 0, failed: byState.get(2) ?? 0 };
}

const STATUSES = ["pending", "delivered", "failed"] as const;
/** Of rows that come at once, however long a page may be. */
const MAX_ROWS = 10_000;

/** The first page behind `after`. */
export function readDeliveries(
  store: Store,
  { space, id, query }: MulticastArgs & { readonly query: DeliveryQuery },
): Page<TrackedDelivery> {
  const { after = "", pageSize, statuses = STATUSES } = query;
  const limit = Math.min(Math.floor(pageSize), MAX_ROWS);
  const states = JSON.stringify(statuses.map((status) => STATUSES.indexOf(status)));
  const rows = store.all(
    `select * from (
        select d.identity, ${STATE} as told, d.code, d.reason, coalesce(q.attempts, d.attempts), d.state from ${TOLD}
        where d.identity > ?4
      ) where told in (select value from json_each(?5)) order by identity limit ?6`,
    [space, id, store.now(), after, states, limit],
  );
  return { items: rows.map(trackedIn), isLast: rows.length < limit };
}

function trackedIn([identity, told, code = null, reason = null, attempts, state]: Row): TrackedDelivery {
  const why = told === 2 && state === 0 ? EXPIRED.why : undefined;
  return {
    identity: String(identity),
    status: STATUSES[Number(told)] ?? "pending",
    code: why?.code ?? deadCodeIn(code),
    reason: why?.reason ?? (reason === null ? undefined : String(reason)),
    attempts: Number(attempts),
  };
}

const CODES: readonly DeadCode[] = ["REJECTED", "DEAD_LETTERED", "UNREGISTERED", "EXPIRED"];

/** A code that a later release has stored is none of ours. */
export function deadCodeIn(code: Row[number]): DeadCode | undefined {
  return code === null ? undefined : (CODES.find((known) => known === code) ?? "DEAD_LETTERED");
}
