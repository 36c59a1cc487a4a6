/**
 * `renew_many(ns, identities, epochs, ttls, stamps)`: the contract's `renewMany`. Arrays have an element for each lease; a
 * ttl or a stamp may be null.
 *
 * Answers `(n, verdict, expires_at)`, `n` counting from 1: `r` it lives until `expires_at`, null: for ever; `f` fenced; `a`
 * absent. No row: it has been written at the same moment; nothing was done, and it can be asked again.
 *
 * Atomic, because rows are locked, in order, before the clock is read and anything decided: nothing that has expired while
 * it waited is revived. A row that came in between must be found as it was when it was decided.
 */

import type { Names } from "../keys.ts";
import { BY_INDEX, LIVE, LOCK_ORDER, standing } from "./locking.ts";

export function renewManyFunction(names: Names): string {
  return `
create function ${names.call("renew_many")}(ns text, identities text[], epochs bigint[], ttls bigint[], stamps bigint[])
returns table (n bigint, verdict text, expires_at bigint) language plpgsql ${BY_INDEX} as $$
#variable_conflict use_column
declare
  now_ms bigint;
begin
  perform from ${names.registrations} r where r.namespace = ns and r.identity = any(identities)
    order by ${LOCK_ORDER} for no key update;
  now_ms := ${names.call("clock_ms")}();
  return query with lease as (
    select * from unnest(identities, epochs, ttls, stamps) with ordinality as l(identity, epoch, ttl_ms, stamp, n)
  ),
  judged as materialized (
    select l.n, l.identity, r.epoch, r.session_bound, r.expires_at as old_expires_at, r.ttl_ms as old_ttl_ms,
      coalesce(l.ttl_ms, r.ttl_ms) as ttl_ms,
      r.session_bound and l.stamp is null as bound,
      case
        when l.stamp is null then case when not r.session_bound then now_ms + coalesce(l.ttl_ms, r.ttl_ms) end
        when r.session_bound then l.stamp
        when r.expires_at is not null then greatest(r.expires_at, l.stamp)
      end as expires_at,
      case when r.identity is null or not ${LIVE} then 'a' when r.epoch <> l.epoch then 'f' else 'r' end as verdict
    from lease l left join ${standing(names, "l.identity")} on true
  ),
  renewed as (
    update ${names.registrations} r set expires_at = j.expires_at, ttl_ms = j.ttl_ms, session_bound = j.bound
    from judged j
    where j.verdict = 'r' and r.namespace = ns and r.identity = j.identity and r.epoch = j.epoch and r.buried_at is null
      and r.expires_at is not distinct from j.old_expires_at and r.session_bound = j.session_bound
      and (j.expires_at is distinct from j.old_expires_at or j.ttl_ms is distinct from j.old_ttl_ms or j.bound <> j.session_bound)
    returning j.n, r.expires_at
  )
  select r.n, 'r', r.expires_at from renewed r
  union all
  select j.n, j.verdict, j.expires_at from judged j
  where j.verdict <> 'r' or not (j.expires_at is distinct from j.old_expires_at or j.ttl_ms is distinct from j.old_ttl_ms or j.bound <> j.session_bound);
end $$`;
}
