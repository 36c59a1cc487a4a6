/**
 * `confirm_many(ns, identities, epochs, steps)`: the contract's `confirmMany`; steps are `expired` or `over`.
 *
 * Atomic, because rows are locked, in order, before anything is decided. A row that came in between is none of these: its
 * epoch is another.
 */

import type { Names } from "../keys.ts";
import { BY_INDEX, LOCK_ORDER } from "./locking.ts";

export function confirmManyFunction(names: Names): string {
  return `
create function ${names.call("confirm_many")}(ns text, identities text[], epochs bigint[], steps text[])
returns void language plpgsql ${BY_INDEX} as $$
declare
  now_ms bigint;
begin
  perform from ${names.registrations} r where r.namespace = ns and r.identity = any(identities)
    order by ${LOCK_ORDER} for update;
  now_ms := ${names.call("clock_ms")}();
  update ${names.registrations} r set buried_at = now_ms, claimed_until = null
  from unnest(identities, epochs, steps) as c(identity, epoch, step)
  where c.step = 'expired' and r.namespace = ns and r.identity = c.identity and r.epoch = c.epoch
    and r.buried_at is null and r.expires_at <= now_ms;
  with removed as (
    delete from ${names.registrations} r using unnest(identities, epochs, steps) as c(identity, epoch, step)
    where c.step = 'over' and r.namespace = ns and r.identity = c.identity and r.epoch = c.epoch and r.buried_at is not null
    returning r.identity
  )
  delete from ${names.metadata} m using removed o where m.namespace = ns and m.identity = o.identity;
end $$`;
}
