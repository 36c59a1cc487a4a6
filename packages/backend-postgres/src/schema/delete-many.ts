/**
 * `delete_many(ns, identities, epochs, attempts)`: the contract's `deleteMany`. Arrays have an element for each key, one of
 * whose epoch and attempt is null.
 *
 * Answers `(n, verdict)`, `n` counting from 1: `d` deleted, `f` fenced, `a` absent. No row: it has been written at the same
 * moment; nothing was done, and it can be asked again.
 *
 * Atomic, because rows are locked, in order, before the clock is read and anything decided. What expires is left to the
 * reaper, and absent.
 */

import type { Names } from "../keys.ts";
import { BY_INDEX, LIVE, LOCK_ORDER, standing } from "./locking.ts";

export function deleteManyFunction(names: Names): string {
  return `
create function ${names.call("delete_many")}(ns text, identities text[], epochs bigint[], attempts text[])
returns table (n bigint, verdict text) language plpgsql ${BY_INDEX} as $$
#variable_conflict use_column
declare
  now_ms bigint;
begin
  perform from ${names.registrations} r where r.namespace = ns and r.identity = any(identities)
    order by ${LOCK_ORDER} for update;
  now_ms := ${names.call("clock_ms")}();
  return query with key as (
    select * from unnest(identities, epochs, attempts) with ordinality as k(identity, epoch, attempt, n)
  ),
  judged as materialized (
    select k.n, k.identity, r.epoch, r.revision, case
      when r.identity is null or not ${LIVE} then 'a'
      when r.epoch <> k.epoch or r.attempt <> k.attempt then 'f'
      else 'd' end as verdict
    from key k left join ${standing(names, "k.identity")} on true
  ),
  deleted as (
    delete from ${names.registrations} r using judged j
    where j.verdict = 'd' and r.namespace = ns and r.identity = j.identity and r.epoch = j.epoch and r.revision = j.revision
      and r.buried_at is null
    returning j.n, r.identity
  ),
  forgotten as (
    delete from ${names.metadata} m using deleted d where m.namespace = ns and m.identity = d.identity
  )
  select d.n, 'd' from deleted d
  union all
  select j.n, j.verdict from judged j where j.verdict <> 'd';
end $$`;
}
