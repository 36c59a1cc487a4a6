/** How deliveries end: they leave the queue, and what became of them is noted. */

import type { DeadCode } from "@muster/core/slots";
import type { Store } from "../store/store.ts";
import { gathered, isIn } from "./keys.ts";
import { type OfIdentity, promote } from "./lanes.ts";

/** A row of the queue. */
export type Pending = readonly [
  identity: string,
  seq: number,
  message: number,
  attempts: number,
  lease: number,
  epoch: number,
  term: number | null,
];

/** The JSON of a {@link Pending} that is `q`. */
export const PENDING = "json_array(q.identity, q.seq, q.message, q.attempts, q.lease, q.epoch, q.term)";

export interface Why {
  readonly code: DeadCode;
  readonly reason: string;
}

export interface Ending {
  /** 1 delivered, 2 failed. */
  readonly state: 1 | 2;
  /** By which settlement, if by one. */
  readonly as?: "ack" | "dead" | undefined;
  readonly why?: Why;
}

export const EXPIRED: Ending = {
  state: 2,
  why: { code: "EXPIRED", reason: "nobody had handled it when its time to live was over" },
};

const NOTE = `
  insert into muster_deliveries (message, identity, seq, state, attempts, lease, ended_as, code, reason)
  select value ->> 2, value ->> 0, value ->> 1, ?2, value ->> 3, value ->> 4, ?3, ?4, ?5 from json_each(?1) where true
  on conflict (message, identity) do update set state = excluded.state, attempts = excluded.attempts,
    lease = excluded.lease, ended_as = excluded.ended_as, code = excluded.code, reason = excluded.reason`;

const BURY = `
  insert into muster_dead_letters (space, identity, id, message, epoch, attempts, code, reason, died_at)
  select ?1, j.value ->> 0, m.id, m.message, j.value ->> 5, j.value ->> 3, ?3, ?4, ?5
  from json_each(?2) j cross join muster_messages m on m.message = j.value ->> 2 where true
  on conflict do nothing`;

/** Their leases are the caller's business, and who comes next, too. */
export function end(store: Store, space: number, rows: readonly Pending[], { state, as, why }: Ending): void {
  if (rows.length === 0) return;
  const json = JSON.stringify(rows);
  store.run(NOTE, [json, state, as, why?.code, why?.reason]);
  store.run(`delete from muster_queue where ${isIn("?1", "?2")}`, [space, json]);
}

/** Ends them as dead letters. */
export function bury(store: Store, space: number, rows: readonly Pending[], why: Why, as?: "dead"): void {
  if (rows.length === 0) return;
  store.run(BURY, [space, JSON.stringify(rows), why.code, why.reason, store.now()]);
  end(store, space, rows, { state: 2, as, why });
}

const EXPIRING = `
  select json_group_array(${PENDING})
  from (select distinct value ->> 0 as identity from json_each(?2)) k cross join muster_queue q
    on q.space = ?1 and q.identity = k.identity
  where q.expires_at <= ?3 and q.term is null`;

/** Ends what is past its TTL of these identities; what is leased may still be acknowledged. */
export function expire(store: Store, space: number, entries: readonly OfIdentity[]): void {
  const rows = gathered<Pending>(store.get(EXPIRING, [space, JSON.stringify(entries), store.now()]));
  end(store, space, rows, EXPIRED);
  promote(store, space, rows);
}
