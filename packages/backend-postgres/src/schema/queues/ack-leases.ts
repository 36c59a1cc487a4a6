/**
 * `ack_leases(sp, leases, sizes)`: acknowledges all that has been handed out by these leases, each of that size, one by one.
 * Answers which of them. What is left has been settled, freed or extended in part, or somebody else is at it: its receipts
 * are to be acknowledged by `ack_many`.
 *
 * Atomic, because all of a lease is deleted, and is what it names, or nothing. Rows are locked in the order of their places,
 * in which nobody else locks them, and nobody is waited for longer than WAIT_MS: a circle of those who wait does not last.
 */

import type { Names } from "../../keys.ts";
import { BY_INDEX } from "../locking.ts";
import { table } from "./tables.ts";

/** Far below what a server takes for a deadlock; long enough for whoever makes its files larger. */
const WAIT_MS = 10;

/** Rows are found by their places, and by no index, which has another order and a small table would rather be read by. */
export function ackLeasesFunction(names: Names): string {
  return `
create function ${names.call("ack_leases")}(sp int, leases bigint[], sizes bigint[])
returns setof bigint language plpgsql ${BY_INDEX} set lock_timeout to ${WAIT_MS} as $$
declare
  held record;
  gone record;
begin
  for n in 1 .. cardinality(leases) loop
    begin
      select l.part, l.messages, l.identities, l.places into held from ${table(names, "leases")} l
      where l.lease = leases[n] and l.space = sp and cardinality(l.identities) = sizes[n] and cardinality(l.places) = sizes[n]
      for update;
      continue when not found;
      with ended as (
        delete from ${table(names, "queue")} q
        where q.ctid = any(held.places) and q.space is not distinct from sp and (q.ended is null or q.ended < leases[n])
        returning q.message, q.identity, q.ended, q.attempts
      ),
      noted as (
        insert into ${table(names, "outcomes")} (message, lease, ended, attempts, state, identity)
        select e.message, leases[n], e.ended, e.attempts + 1, 'd', e.identity from ended e
      )
      select array_agg(e.message) as messages, array_agg(e.identity) as identities into gone from ended e;
      if (gone.messages, gone.identities) is distinct from (held.messages, held.identities) then
        raise object_not_in_prerequisite_state;
      end if;
      delete from ${table(names, "leases")} l where l.part = held.part;
      return next leases[n];
    exception when object_not_in_prerequisite_state or lock_not_available then
      null; -- Nothing of it has been deleted.
    end;
  end loop;
end $$`;
}
