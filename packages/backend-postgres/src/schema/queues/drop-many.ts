/**
 * `drop_queues(sp, identities, epochs, code, reason)`: the contract's `dropMany`; each identity occurs once.
 *
 * Atomic, because nobody enqueues or attaches meanwhile. What a session holds of them ends first, and counts; rows are
 * deleted, each of them by one of those who want to end it, and only who has deleted one says what became of it.
 */

import type { Names } from "../../keys.ts";
import { BY_INDEX } from "../locking.ts";
import { listed } from "./listed.ts";
import { haveSpace } from "./locks.ts";
import { table } from "./tables.ts";

const dropQueues = (names: Names): string => `
create function ${names.call("drop_queues")}(sp int, identities text[], epochs bigint[], code text, reason text)
returns void language plpgsql ${BY_INDEX} as $$
declare
  now_ms bigint;
begin
  ${haveSpace(names)};
  perform ${names.call("leave_queues")}(sp, array(
    select t.identity from unnest(identities, epochs) as t(identity, epoch)
    cross join lateral (select s.session, s.epoch from ${table(names, "attachments")} s
      where s.space = sp and s.identity = t.identity limit 1) a
    where a.session is not null and a.epoch <= t.epoch), true);
  now_ms := ${names.call("clock_ms")}();
  insert into ${table(names, "attachments")} as a (space, identity, dropped, dropped_at)
  select sp, t.identity, t.epoch, now_ms from unnest(identities, epochs) as t(identity, epoch)
  on conflict (space, identity) do update
  set dropped = greatest(a.dropped, excluded.dropped), dropped_at = excluded.dropped_at;
  with gone as (
    delete from ${table(names, "queue")} q using ${listed("unnest(identities, epochs) as u(identity, epoch)")} k
    where q.space = k.space and q.identity = k.identity and q.epoch <= k.epoch
    returning q.message, q.identity, q.epoch, q.attempts, q.ended
  ),
  noted as (
    insert into ${table(names, "outcomes")} (message, ended, attempts, state, identity, code, reason)
    select g.message, g.ended, g.attempts, 'f', g.identity, drop_queues.code, drop_queues.reason from gone g
  )
  insert into ${table(names, "dead_letters")} (space, identity, id, message, epoch, attempts, code, reason, died_at)
  select sp, g.identity, m.id, g.message, g.epoch, g.attempts, drop_queues.code, drop_queues.reason, now_ms
  from gone g cross join lateral (select s.id from ${table(names, "messages")} s where s.message = g.message limit 1) m
  on conflict do nothing;
end $$`;

/**
 * `expire_rows(sp, messages, identities, now_ms)`: ends those of these rows that are past their TTL, but for what is leased:
 * that may still be acknowledged. Answers how many.
 */
const expireRows = (names: Names): string => `
create function ${names.call("expire_rows")}(sp int, messages bigint[], identities text[], now_ms bigint)
returns bigint language plpgsql ${BY_INDEX} as $$
declare
  done bigint;
begin
  with held as materialized (
    select k.message, k.identity from ${table(names, "leases")} l
    cross join lateral unnest(l.messages, l.identities) as k(message, identity)
    cross join lateral (select from ${table(names, "queue")} s where s.space = sp and s.identity = k.identity
      and s.message = k.message and (s.ended is null or s.ended < l.lease) limit 1) q
    where l.space = sp and l.until > now_ms
  ),
  gone as (
    delete from ${table(names, "queue")} q using ${listed("unnest(messages, identities) as u(message, identity)")} k
    where q.space = k.space and q.identity = k.identity and q.message = k.message and q.expires_at <= now_ms
      and (q.message, q.identity) not in (select h.message, h.identity from held h)
    returning q.message, q.identity, q.attempts, q.ended
  )
  insert into ${table(names, "outcomes")} (message, ended, attempts, state, identity, code, reason)
  select g.message, g.ended, g.attempts, 'f', g.identity, 'EXPIRED', 'nobody had handled it when its time to live was over'
  from gone g;
  get diagnostics done = row_count;
  return done;
end $$`;

export function dropFunctions(names: Names): readonly string[] {
  return [dropQueues(names), expireRows(names)];
}
