/**
 * `settle_parcels(sp, sh, le, parcels, multicasts, delivered, delays, failed_in, failed, codes, reasons, left_in, remaining)`:
 * the contract's `settleMany`. `parcels[n]` is a parcel of `multicasts[n]`, each once; `failed[n]` is one of `failed_in[n]`, and
 * `remaining[n]` one of `left_in[n]`.
 *
 * Answers the ids of those of `multicasts` of which nobody waits any more. A row without an id: the lease is over.
 *
 * Atomic under the row of the shard. Multicasts are named by whoever settles, and not found by what is there: whoever repeats
 * what he has settled, because he was not told, is told what he would have been.
 */

import type { Names } from "../../keys.ts";
import { BY_INDEX } from "../locking.ts";
import { table } from "./tables.ts";

/**
 * `end_multicasts(sp, touched, now_ms)`: notes of each of them that it has ended, where that is so, and answers the ids of those of
 * which nobody waits. That somebody's time is over is as good as that he has failed, which sweeping does.
 */
const endMulticasts = (names: Names): string => `
create function ${names.call("end_multicasts")}(sp int, touched bigint[], now_ms bigint)
returns table (id text) language plpgsql ${BY_INDEX} as $$
#variable_conflict use_column
begin
  perform from ${table(names, "multicasts")} m where m.multicast = any(touched) and m.space = sp
    order by m.multicast for no key update;
  insert into ${table(names, "ends")} select m.multicast, sp, now_ms from ${table(names, "multicasts")} m
    where m.multicast = any(touched) and m.space = sp
      and not exists (select from ${table(names, "parcels")} p where p.multicast = m.multicast)
    order by m.multicast on conflict do nothing;
  return query select m.id from ${table(names, "multicasts")} m
    where m.multicast = any(touched) and m.space = sp and not exists (
      select from ${table(names, "parcels")} p where p.multicast = m.multicast and p.expires_at > now_ms);
end $$`;

/** Parcels of which all have become the same: they go as they are. */
const settleWhole = (names: Names): string => `
  with settled as (
    delete from ${table(names, "parcels")} p using (
      select sp as space, u.* from unnest(parcels, delivered) as u(parcel, is_delivered)
      where u.parcel <> all(divided) order by u.parcel offset 0
    ) u where p.space = u.space and p.parcel = u.parcel and p.shard = sh
    returning p.multicast, p.count, p.first, p.last, p.identities, u.is_delivered
  )
  insert into ${table(names, "outcomes")} (multicast, count, state, first, last, identities)
  select s.multicast, s.count, 'd', s.first, s.last, s.identities from settled s where s.is_delivered`;

/** Parcels of which some have failed or stay; they are locked already, and seen as they are now. */
const settleDivided = (names: Names): string => `
  with targets as materialized (
    select p.parcel, p.multicast, u.delay, t.identity collate "C" as identity, t.epoch, f.code, f.reason,
      l.parcel is not null as stays,
      case when l.parcel is not null then null when f.parcel is not null then 'f' when u.is_delivered then 'd' end as state
    from unnest(parcels, delivered, delays) as u(parcel, is_delivered, delay)
    cross join lateral (select * from ${table(names, "parcels")} s
      where s.space = sp and s.parcel = u.parcel and s.shard = sh limit 1) p
    cross join lateral unnest(p.identities, p.epochs) as t(identity, epoch)
    left join unnest(failed_in, failed, codes, reasons) as f(parcel, identity, code, reason)
      on f.parcel = p.parcel and f.identity = t.identity
    left join unnest(left_in, remaining) as l(parcel, identity) on l.parcel = p.parcel and l.identity = t.identity
    where u.parcel = any(divided)
  ), ended as (
    insert into ${table(names, "outcomes")} (multicast, count, state, first, last, code, reason, identities)
    select t.multicast, count(*), t.state::"char", min(t.identity), max(t.identity), t.code, t.reason,
      array_agg(t.identity order by t.identity)
    from targets t where t.state is not null group by t.parcel, t.multicast, t.state, t.code, t.reason
  ), kept as (
    update ${table(names, "parcels")} p set identities = k.identities, epochs = k.epochs, count = cardinality(k.identities),
      first = k.first, last = k.last, attempts = p.attempts + 1, due = case when k.delay > 0 then now_ms + k.delay end
    from (
      select sp as space, t.parcel, t.delay, min(t.identity) as first, max(t.identity) as last,
        array_agg(t.identity order by t.identity) as identities, array_agg(t.epoch order by t.identity) as epochs
      from targets t where t.stays group by t.parcel, t.delay offset 0
    ) k where p.space = k.space and p.parcel = k.parcel
  )
  delete from ${table(names, "parcels")} p using (
    select sp as space, t.parcel from targets t group by t.parcel having not bool_or(t.stays) offset 0
  ) g where p.space = g.space and p.parcel = g.parcel`;

const settleParcels = (names: Names): string => `
create function ${names.call("settle_parcels")}(
  sp int, sh int, le bigint, parcels bigint[], multicasts bigint[], delivered boolean[], delays bigint[],
  failed_in bigint[], failed text[], codes text[], reasons text[], left_in bigint[], remaining text[]
) returns table (id text) language plpgsql ${BY_INDEX} set enable_hashjoin to on as $$
#variable_conflict use_column
declare
  now_ms bigint;
  held record;
  divided bigint[] := failed_in || left_in;
begin
  select s.lease, s.until into held from ${table(names, "shards")} s where s.space = sp and s.shard = sh for no key update;
  now_ms := ${names.call("clock_ms")}();
  if held.lease is distinct from le or held.until <= now_ms then
    return next;
    return;
  end if;${settleWhole(names)};
  if cardinality(divided) > 0 then
    perform from ${table(names, "parcels")} p where p.space = sp and p.parcel = any(divided) order by p.parcel for update;${settleDivided(names)};
  end if;
  return query select e.id from ${names.call("end_multicasts")}(sp, multicasts, now_ms) e;
end $$`;

export function settleParcelsFunctions(names: Names): readonly string[] {
  return [endMulticasts(names), settleParcels(names)];
}
