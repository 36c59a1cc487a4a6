/**
 * `expire_parcels(sp, most, reason)`: fails up to `most` deliveries whose time is over; answers how many.
 *
 * `forget_ended(sp, most, keep_ms)`: forgets up to `most` multicasts that have ended `keep_ms` ago; answers how many.
 *
 * Both are atomic, and pass over what somebody else has in hand; the next sweep finds that.
 */

import type { Names } from "../../keys.ts";
import { BY_INDEX } from "../locking.ts";
import { table } from "./tables.ts";

const forgetMulticasts = (names: Names): string => `
create function ${names.call("forget_multicasts")}(ended bigint[]) returns void language plpgsql ${BY_INDEX} as $$
begin
  delete from ${table(names, "multicasts")} m where m.multicast = any(ended);
  delete from ${table(names, "outcomes")} o where o.multicast = any(ended);
  delete from ${table(names, "ends")} e where e.multicast = any(ended);
end $$`;

/** Of the last parcel only as many as are left to fail. */
const expireParcels = (names: Names): string => `
create function ${names.call("expire_parcels")}(sp int, most bigint, reason text) returns bigint language plpgsql ${BY_INDEX} as $$
declare
  now_ms bigint := ${names.call("clock_ms")}();
  swept bigint := 0;
  touched bigint[] := '{}';
  part int;
  own record;
begin
  for own in select p.parcel, p.multicast, p.count from ${table(names, "parcels")} p
    where p.space = sp and p.expires_at <= now_ms order by p.expires_at limit most for update skip locked
  loop
    part := least(own.count, most - swept);
    insert into ${table(names, "outcomes")} (multicast, count, state, first, last, code, reason, identities)
    select p.multicast, part, 'f', p.first, p.identities[part], 'EXPIRED', expire_parcels.reason, p.identities[1:part]
    from ${table(names, "parcels")} p where p.space = sp and p.parcel = own.parcel;
    if part = own.count then
      delete from ${table(names, "parcels")} p where p.space = sp and p.parcel = own.parcel;
    else
      update ${table(names, "parcels")} p set count = p.count - part, first = p.identities[part + 1],
        identities = p.identities[part + 1:], epochs = p.epochs[part + 1:]
      where p.space = sp and p.parcel = own.parcel;
    end if;
    swept := swept + part;
    touched := touched || own.multicast;
    exit when swept >= most;
  end loop;
  perform ${names.call("end_multicasts")}(sp, touched, now_ms);
  return swept;
end $$`;

const forgetEnded = (names: Names): string => `
create function ${names.call("forget_ended")}(sp int, most bigint, keep_ms bigint) returns bigint language plpgsql ${BY_INDEX} as $$
declare
  ended bigint[] := array(select e.multicast from ${table(names, "ends")} e
    where e.space = sp and e.ended_at <= ${names.call("clock_ms")}() - keep_ms order by e.ended_at limit most);
begin
  ended := array(select m.multicast from ${table(names, "multicasts")} m where m.multicast = any(ended)
    order by m.multicast for update skip locked);
  perform ${names.call("forget_multicasts")}(ended);
  return cardinality(ended);
end $$`;

export function outboxSweepFunctions(names: Names): readonly string[] {
  return [forgetMulticasts(names), expireParcels(names), forgetEnded(names)];
}
