/**
 * `attach_queues(sp, session_name, identities, epochs)`: the contract's `attachMany`; each identity occurs once. Answers the
 * numbers, counting from 1, of those that are fenced.
 *
 * `detach_queues(sp, session_name, identities)`: the contract's `detachMany`.
 *
 * Atomic, because nobody enqueues or attaches meanwhile, and nobody dequeues for a session that something is taken from. What
 * lies in the lane of the former session is parked, and its leases have ended, as if their time were out: none that was given before has a higher
 * number than the one that is taken here.
 */

import type { Names } from "../../keys.ts";
import { BY_INDEX } from "../locking.ts";
import { listed } from "./listed.ts";
import { haveSpace } from "./locks.ts";
import { table } from "./tables.ts";

/** Leases that are over have counted as attempts; whatever was settled, or freed, before that is not theirs any more. */
const endLeases = (names: Names): string => `
create function ${names.call("end_leases")}(sp int, own bigint, now_ms bigint) returns void language plpgsql ${BY_INDEX} as $$
begin
  with over as (
    delete from ${table(names, "leases")} l where l.session = own and l.until <= now_ms
    returning l.lease, l.messages, l.identities
  )
  update ${table(names, "queue")} q set attempts = q.attempts + 1
  from ${listed(`over o cross join lateral unnest(o.messages, o.identities) as u(message, identity)`)} k
  where q.space = k.space and q.identity = k.identity and q.message = k.message and (q.ended is null or q.ended < k.lease);
end $$`;

/** Parks what is in lanes for these, and ends their leases: with `count` as if their time were out, else as by `release`. */
const freeQueues = (names: Names): string => `
create function ${names.call("free_queues")}(sp int, freed text[], count boolean) returns void language plpgsql ${BY_INDEX} as $$
declare
  now_ms bigint;
  owners bigint[];
  own bigint;
begin
  owners := array(select distinct a.session from unnest(freed) as f(identity)
    cross join lateral (select s.session from ${table(names, "attachments")} s
      where s.space = sp and s.identity = f.identity limit 1) a
    where a.session is not null order by 1);
  foreach own in array owners loop
    perform from ${table(names, "sessions")} s where s.session = own for update;
  end loop;
  now_ms := ${names.call("clock_ms")}();
  foreach own in array owners loop
    perform ${names.call("end_leases")}(sp, own, now_ms);
  end loop;
  -- Whoever settles meanwhile changes rows in this order, too.
  perform from ${listed("unnest(freed) as f(identity)")} k
    join ${table(names, "queue")} q on q.space = k.space and q.identity = k.identity and q.lane is not null
    order by q.identity, q.message for update of q;
  if count then
    with held as materialized (
      select l.lease, k.message, k.identity from ${table(names, "leases")} l
      cross join lateral unnest(l.messages, l.identities) as k(message, identity)
      where l.session = any(owners) and k.identity in (select unnest(freed))
    )
    update ${table(names, "queue")} q set attempts = q.attempts + 1 from ${listed("held")} k
    where q.space = k.space and q.identity = k.identity and q.message = k.message and (q.ended is null or q.ended < k.lease);
  end if;
  update ${table(names, "queue")} q
  set lane = null, held = null, ended = nextval('${table(names, "lease_numbers")}'), ended_as = 'x'
  from ${listed("unnest(freed) as f(identity)")} k where q.space = k.space and q.identity = k.identity and q.lane is not null;
end $$`;

/** Its number. */
const sessionFor = (names: Names): string => `
create function ${names.call("session_for")}(sp int, session_name text) returns bigint language plpgsql ${BY_INDEX} as $$
declare
  own bigint;
begin
  insert into ${table(names, "sessions")} (space, name) values (sp, session_name) on conflict do nothing;
  select s.session into own from ${table(names, "sessions")} s where s.space = sp and s.name = session_name;
  return own;
end $$`;

const attachQueues = (names: Names): string => `
create function ${names.call("attach_queues")}(sp int, session_name text, identities text[], epochs bigint[])
returns setof bigint language plpgsql ${BY_INDEX} as $$
declare
  own bigint;
  fenced bigint[];
  coming text[];
  coming_epochs bigint[];
begin
  ${haveSpace(names)};
  own := ${names.call("session_for")}(sp, session_name);
  select array_agg(t.n) filter (where t.fenced), array_agg(t.identity) filter (where t.comes),
    array_agg(t.epoch) filter (where t.comes)
  into fenced, coming, coming_epochs
  from (
    select t.n, t.identity, t.epoch, f.fenced, not f.fenced and not coalesce(a.session = own and a.epoch = t.epoch, false) as comes
    from unnest(identities, epochs) with ordinality as t(identity, epoch, n)
    left join lateral (select s.* from ${table(names, "attachments")} s
      where s.space = sp and s.identity = t.identity limit 1) a on true
    cross join lateral (select coalesce(a.dropped >= t.epoch, false)
      or coalesce(a.session is not null and a.epoch > t.epoch, false) as fenced) f
  ) t;
  if coming is not null then
    perform ${names.call("free_queues")}(sp, coming, true);
    insert into ${table(names, "attachments")} as a (space, identity, session, epoch, parked_from)
    select sp, c.identity, own, c.epoch, (select q.seq from ${table(names, "queue")} q
      where q.space = sp and q.identity = c.identity and q.lane is null order by q.seq limit 1)
    from unnest(coming, coming_epochs) as c(identity, epoch)
    on conflict (space, identity) do update
    set session = excluded.session, epoch = excluded.epoch, parked_from = excluded.parked_from;
  end if;
  return query select unnest(fenced);
end $$`;

const detachQueues = (names: Names): string => `
create function ${names.call("detach_queues")}(sp int, session_name text, identities text[])
returns void language plpgsql ${BY_INDEX} as $$
declare
  going text[];
begin
  ${haveSpace(names)};
  going := array(select a.identity from unnest(identities) as t(identity)
    cross join lateral (select s.identity, s.session from ${table(names, "attachments")} s
      where s.space = sp and s.identity = t.identity limit 1) a
    where a.session = (select s.session from ${table(names, "sessions")} s where s.space = sp and s.name = session_name));
  perform ${names.call("leave_queues")}(sp, going, false);
end $$`;

/** Of whom nothing else is to be known nothing is left. */
const leaveQueues = (names: Names): string => `
create function ${names.call("leave_queues")}(sp int, going text[], count boolean) returns void language plpgsql ${BY_INDEX} as $$
begin
  perform ${names.call("free_queues")}(sp, going, count);
  delete from ${table(names, "attachments")} a using ${listed("unnest(going) as g(identity)")} k
  where a.space = k.space and a.identity = k.identity and a.dropped is null;
  update ${table(names, "attachments")} a set session = null, epoch = null, parked_from = null
  from ${listed("unnest(going) as g(identity)")} k where a.space = k.space and a.identity = k.identity;
end $$`;

export function attachFunctions(names: Names): readonly string[] {
  return [endLeases, freeQueues, sessionFor, attachQueues, leaveQueues, detachQueues].map((one) => one(names));
}
