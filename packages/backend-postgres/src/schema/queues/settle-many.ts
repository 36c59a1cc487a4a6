/**
 * `ack_many(sp, leases, messages, identities, tries, places)`: receipts that are settled as `ack`. A row mostly lies where it
 * lay when it was leased, and is looked for there first: that takes half as long as its key.
 * `settle_many(sp, leases, messages, identities, tries, ways, delays, codes, reasons)`: those that are settled otherwise; ways
 * are `r` retry, `l` release, `d` dead.
 *
 * Both answer the numbers, counting from 1, of those that are fenced.
 *
 * Atomic, because a row is deleted, or changed, by one statement that looks once more at what somebody else has done to it
 * meanwhile: whether it has been attached anew, or settled. Who finds it gone sees, in a later statement, what became of it.
 * A lease that is over has lost nothing but its claim: what has been handled, or rejected for good, is so also when that is
 * heard late; `retry` and `release` then have nothing left to end.
 */

import type { Names } from "../../keys.ts";
import { BY_INDEX } from "../locking.ts";
import { inOrder } from "./listed.ts";
import { table } from "./tables.ts";

const UNENDED = "(q.ended is null or q.ended < r.lease)";
/** A row of the queue that receipt `r` may still settle, found by its key. */
const OPEN = `q.space = r.space and q.identity = r.identity and q.message = r.message and ${UNENDED}`;
/** The same, found by its place, and by no index: in a table that it takes for small the server would rather use the key. */
const OPEN_IN_PLACE = `q.ctid = r.place::tid and ${UNENDED}
  and (q.space, q.identity, q.message) is not distinct from (r.space, r.identity, r.message)`;

/** Leases all of whose deliveries are in this batch hold nothing any more. */
const forget = (names: Names): string => `
  delete from ${table(names, "leases")} l
  using (
    select c.lease, count(distinct (c.message, c.identity)) as count
    from unnest(leases, messages, identities) as c(lease, message, identity) group by c.lease
  ) c
  where l.lease = c.lease
    and c.count >= (select sum(cardinality(p.identities)) from ${table(names, "leases")} p where p.lease = c.lease);`;

/** Deletes the rows of receipts that `where` finds, and notes that they are delivered. */
const deliver = (names: Names, where: string): string => `
  with gone as (
    delete from ${table(names, "queue")} q
    using ${inOrder(
      "unnest(leases, messages, identities, tries, places) with ordinality as u(lease, message, identity, attempt, place, n)",
    )} r
    where ${where}
    returning r.n, r.lease, q.message, q.identity, q.ended, greatest(q.attempts, r.attempt::int) as attempts
  ),
  noted as (
    insert into ${table(names, "outcomes")} (message, lease, ended, attempts, state, identity)
    select g.message, g.lease, g.ended, g.attempts, 'd', g.identity from gone g
  )
  select array_agg(g.n) || done into done from gone g;`;

const ackMany = (names: Names): string => `
create function ${names.call("ack_many")}(
  sp int, leases bigint[], messages bigint[], identities text[], tries bigint[], places text[]
) returns setof bigint language plpgsql ${BY_INDEX} as $$
declare
  done bigint[];
begin${deliver(names, OPEN_IN_PLACE)}
  if coalesce(cardinality(done), 0) < cardinality(leases) then${deliver(names, OPEN)}
  end if;
  if coalesce(cardinality(done), 0) = cardinality(leases) then
    delete from ${table(names, "leases")} l
    using (select c.lease, count(*) as count from unnest(leases) as c(lease) group by c.lease) c
    where l.lease = c.lease
      and c.count >= (select sum(cardinality(p.identities)) from ${table(names, "leases")} p where p.lease = c.lease);
    return;
  end if;
  return query select r.n from unnest(leases, messages, identities) with ordinality as r(lease, message, identity, n)
  where r.n not in (select unnest(coalesce(done, '{}'))) and not exists (
    select from ${table(names, "outcomes")} o where o.message = r.message and o.identity = r.identity
      and o.state = 'd' and (o.ended is null or o.ended < r.lease));
end $$`;

/** What is leased by these receipts right now. */
const current = (names: Names): string => `
  live as materialized (
    select l.lease, k.message, k.identity from ${table(names, "leases")} l
    cross join lateral unnest(l.messages, l.identities) as k(message, identity)
    where l.lease = any(leases) and l.until > now_ms
  )`;

const settleMany = (names: Names): string => `
create function ${names.call("settle_many")}(sp int, leases bigint[], messages bigint[], identities text[], tries bigint[],
  ways text[], delays bigint[], codes text[], reasons text[])
returns setof bigint language plpgsql ${BY_INDEX} as $$
declare
  now_ms bigint := ${names.call("clock_ms")}();
begin
  -- In one order, whatever becomes of each.
  perform from ${inOrder("unnest(leases, messages, identities) as u(lease, message, identity)")} r
    join ${table(names, "queue")} q on ${OPEN} order by q.identity, q.message for update of q;
  with gone as (
    delete from ${table(names, "queue")} q
    using ${inOrder(`unnest(leases, messages, identities, tries, ways, codes, reasons)
      as u(lease, message, identity, attempt, way, code, reason)`)} r
    where r.way = 'd' and ${OPEN}
    returning r.lease, q.message, q.identity, q.epoch, q.ended, greatest(q.attempts, r.attempt::int) as attempts, r.code, r.reason
  ),
  noted as (
    insert into ${table(names, "outcomes")} (message, lease, ended, attempts, state, identity, code, reason)
    select g.message, g.lease, g.ended, g.attempts, 'f', g.identity, g.code, g.reason from gone g
  )
  insert into ${table(names, "dead_letters")} (space, identity, id, message, epoch, attempts, code, reason, died_at)
  select sp, g.identity, m.id, g.message, g.epoch, g.attempts, g.code, g.reason, now_ms
  from gone g cross join lateral (select s.id from ${table(names, "messages")} s where s.message = g.message limit 1) m
  on conflict do nothing;
  with ${current(names)}
  update ${table(names, "queue")} q
  set ended = r.lease, ended_as = r.way::"char", attempts = q.attempts + case r.way when 'r' then 1 else 0 end,
    due = case when r.way = 'r' and r.delay > 0 then now_ms + r.delay end
  from ${inOrder("unnest(leases, messages, identities, ways, delays) as u(lease, message, identity, way, delay)")} r
  where r.way <> 'd' and (r.lease, r.message, r.identity) in (select v.lease, v.message, v.identity from live v) and ${OPEN};
  ${forget(names)}
  return query select r.n
  from unnest(leases, messages, identities, ways) with ordinality as r(lease, message, identity, way, n)
  left join lateral (select o.* from ${table(names, "outcomes")} o
    where o.message = r.message and o.identity = r.identity limit 1) o on true
  left join lateral (select s.* from ${table(names, "queue")} s
    where s.space = sp and s.identity = r.identity and s.message = r.message limit 1) q on true
  where case
    when r.way = 'd' then o.state is distinct from 'f' or o.lease is distinct from r.lease
    when q.identity is null then true
    else q.ended > r.lease or (q.ended = r.lease and q.ended_as <> r.way::"char")
  end;
end $$`;

export function settleFunctions(names: Names): readonly string[] {
  return [ackMany(names), settleMany(names)];
}
