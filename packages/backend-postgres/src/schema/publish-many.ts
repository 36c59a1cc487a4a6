/**
 * `publish_many(ns, channel, lock, addresses, places, frames)`: one batch. `addresses` are different ones. `frames` are messages,
 * or several for the same address one behind the other; each has the place of its address, counting from 1. Answers the
 * places of addresses that nobody listens on.
 *
 * An inbox counts as listening while its connection holds its lock: the lock that can be had, even for a moment, is that of
 * an inbox whose connection is gone.
 *
 * Atomic, because it is one transaction. What is decided and packed before the lock of the namespace is taken may be a moment
 * old; rows are added, and get their positions, under that lock, which ends with the transaction, behind its commit. So
 * nobody ever sees a position before all smaller ones, and there is one order of messages for all inboxes of a namespace. An
 * inbox that has gone meanwhile gets nothing, for under the same lock it was taken away.
 *
 * One NOTIFY for all of it, which names the inboxes, or none when they are too many: then everybody looks. NOTIFY makes
 * transactions commit one after the other in the whole database server; this one has no commit to wait for.
 */

import type { Names } from "../keys.ts";
import { BY_INDEX } from "./locking.ts";

/** Of frames in one row, unless one alone is longer. */
export const ROW_BYTES = 65_536;
/** The server takes less than 8,000. */
const MAX_NOTICE_BYTES = 7_900;

/** Which inbox listens on which of the addresses; `place` counts from 1. */
const inboxesOf = (names: Names): string => `
create function ${names.call("inboxes_of")}(ns text, addresses text[]) returns table (place bigint, inbox bigint)
language plpgsql ${BY_INDEX} as $$
#variable_conflict use_column
begin
  return query with found as materialized (
    select a.place, i.inbox, i.key from unnest(addresses) with ordinality as a(address, place)
    cross join lateral (
      select s.inbox from ${names.call("inbox_addresses")} s where s.namespace = ns and s.address = a.address offset 0) s
    cross join lateral (select * from ${names.call("inboxes")} b where b.inbox = s.inbox limit 1) i
  ),
  gone as materialized (
    select g.inbox from (select distinct f.inbox, f.key from found f) g where pg_try_advisory_xact_lock_shared(g.key)
  )
  select f.place, f.inbox from found f where not exists (select from gone g where g.inbox = f.inbox);
end $$`;

/** Those that are still known. */
const knownInboxes = (names: Names): string => `
create function ${names.call("known_inboxes")}(inboxes bigint[]) returns bigint[]
language plpgsql ${BY_INDEX} as $$
begin
  return array(select b.inbox from unnest(inboxes) as i(inbox)
    cross join lateral (select k.inbox from ${names.call("inboxes")} k where k.inbox = i.inbox limit 1) b);
end $$`;

const publishMany = (names: Names): string => `
create function ${names.call("publish_many")}(
  ns text, channel text, lock bigint, addresses text[], places bigint[], frames bytea[]
) returns bigint[] language plpgsql 
set enable_nestloop to off set jit to off set plan_cache_mode to force_generic_plan as $$
declare
  heard_at bigint[];
  heard_by bigint[];
  inboxes bigint[];
  packed bytea[];
begin
  select array_agg(r.place), array_agg(r.inbox) into heard_at, heard_by from ${names.call("inboxes_of")}(ns, addresses) r;
  if heard_at is null then
    return array(select generate_subscripts(addresses, 1));
  end if;
  select array_agg(p.inbox order by p.first), array_agg(p.frames order by p.first) into inboxes, packed from (
    select f.inbox, string_agg(f.frame, ''::bytea order by f.n) as frames, min(f.n) as first from (
      select h.inbox, m.n, m.frame,
        (sum(length(m.frame)) over (partition by h.inbox order by m.n rows unbounded preceding) - 1) / ${ROW_BYTES} as part
      from unnest(places, frames) with ordinality as m(place, frame, n)
      join unnest(heard_at, heard_by) as h(place, inbox) on h.place = m.place
    ) f group by f.inbox, f.part
  ) p;
  perform set_config('synchronous_commit', 'off', true);
  perform pg_advisory_xact_lock(hashtextextended(ns, lock));
  heard_by := ${names.call("known_inboxes")}(array(select distinct unnest(heard_by)));
  insert into ${names.call("inbox_messages")} (inbox, position, sent_at, frames)
  select o.inbox, nextval('${names.call("inbox_positions")}'), ${names.call("clock_ms")}(), o.frames from (
    select p.inbox, p.frames from unnest(inboxes, packed) with ordinality as p(inbox, frames, n)
    join unnest(heard_by) as k(inbox) on k.inbox = p.inbox order by p.n
  ) o;
  perform pg_notify(channel, case when length(n.named) < ${MAX_NOTICE_BYTES} then n.named else '' end)
  from (select array_to_string(heard_by, ' ') as named) n;
  return array(select generate_subscripts(addresses, 1) except select unnest(heard_at) order by 1);
end $$`;

export function publishManyFunctions(names: Names): readonly string[] {
  return [inboxesOf(names), knownInboxes(names), publishMany(names)];
}
