/**
 * `extend_many(sp, leases, messages, identities, lease_ms)`: the contract's `extendMany`. Answers the numbers of those that are
 * fenced. What is extended is taken out of its lease, and put into a part of it that ends at another time.
 *
 * Atomic, because rows of leases are locked before anything is read of them.
 */

import type { Names } from "../../keys.ts";
import { BY_INDEX } from "../locking.ts";
import { table } from "./tables.ts";

export function extendManyFunction(names: Names): string {
  return `
create function ${names.call("extend_many")}(sp int, leases bigint[], messages bigint[], identities text[], lease_ms bigint)
returns setof bigint language plpgsql ${BY_INDEX} as $$
declare
  now_ms bigint;
  done bigint[];
begin
  perform from ${table(names, "leases")} l where l.lease = any(leases) order by l.part for update;
  now_ms := ${names.call("clock_ms")}();
  with live as materialized (
    select l.part, l.lease, l.session, k.message, k.identity
    from ${table(names, "leases")} l cross join lateral unnest(l.messages, l.identities) as k(message, identity)
    cross join lateral (select from ${table(names, "queue")} q where q.space = sp and q.identity = k.identity
      and q.message = k.message and (q.ended is null or q.ended < l.lease) limit 1) q
    where l.lease = any(leases) and l.until > now_ms
  ),
  wanted as materialized (
    select min(r.n) as n, r.lease, r.message, r.identity
    from unnest(leases, messages, identities) with ordinality as r(lease, message, identity, n)
    where (r.lease, r.message, r.identity) in (select v.lease, v.message, v.identity from live v)
    group by r.lease, r.message, r.identity
  ),
  remaining as (
    select v.part, array_agg(v.message) as messages, array_agg(v.identity) as identities from live v
    where (v.lease, v.message, v.identity) not in (select w.lease, w.message, w.identity from wanted w) group by v.part
  ),
  shortened as (
    update ${table(names, "leases")} l set messages = m.messages, identities = m.identities from remaining m where l.part = m.part
  ),
  emptied as (
    delete from ${table(names, "leases")} l
    where l.part in (select v.part from live v) and l.part not in (select m.part from remaining m)
  ),
  extended as (
    insert into ${table(names, "leases")} (lease, space, session, until, messages, identities)
    select v.lease, sp, v.session, now_ms + lease_ms, array_agg(v.message), array_agg(v.identity) from live v
    where (v.lease, v.message, v.identity) in (select w.lease, w.message, w.identity from wanted w)
    group by v.lease, v.session
  )
  select array_agg(w.n) into done from wanted w;
  return query select r.n from unnest(leases, messages, identities) with ordinality as r(lease, message, identity, n)
  where r.n not in (select unnest(coalesce(done, '{}')))
    and (r.lease, r.message, r.identity) not in (select d.lease, d.message, d.identity
      from unnest(leases, messages, identities) with ordinality as d(lease, message, identity, n)
      where d.n in (select unnest(coalesce(done, '{}'))));
end $$`;
}
