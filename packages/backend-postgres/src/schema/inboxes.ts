/** How inboxes begin, come back, and end. */

import type { Names } from "../keys.ts";
import { BY_INDEX } from "./locking.ts";

/**
 * `attach_inbox(ns, known, fresh, lock_key, addresses)`: the connection that calls it listens from now on for the inbox
 * `known`, if that is still there, with whatever lies in it; else for a new one, `fresh`. Answers which. Afterwards exactly
 * `addresses` are its own.
 *
 * Atomic; the lock, which is that of the session, is had before anybody can learn of it. It is planned as that session says.
 */
const attachInbox = (names: Names): string => `
create function ${names.call("attach_inbox")}(ns text, known bigint, fresh bigint, lock_key bigint, addresses text[])
returns bigint language plpgsql as $$
declare
  own bigint;
begin
  perform pg_advisory_lock(lock_key);
  update ${names.call("inboxes")} i set key = lock_key, missed_at = null where i.inbox = known returning i.inbox into own;
  if own is null then
    insert into ${names.call("inboxes")} values (fresh, ns, lock_key) returning inbox into own;
  else
    delete from ${names.call("inbox_addresses")} a
    where a.inbox = own and not exists (select from unnest(addresses) as w(address) where w.address = a.address);
  end if;
  insert into ${names.call("inbox_addresses")} select ns, a, own from unnest(addresses) as a order by a on conflict do nothing;
  return own;
end $$`;

/**
 * `detach_inbox(ns, lock, own)`: nothing is left of it, for it goes under the lock of its namespace, under which rows are
 * added for it.
 */
const detachInbox = (names: Names): string => `
create function ${names.call("detach_inbox")}(ns text, lock bigint, own bigint) returns void language plpgsql ${BY_INDEX} as $$
begin
  perform set_config('synchronous_commit', 'off', true);
  perform pg_advisory_xact_lock(hashtextextended(ns, lock));
  delete from ${names.call("inbox_addresses")} where inbox = own;
  delete from ${names.call("inbox_messages")} where inbox = own;
  delete from ${names.call("inboxes")} where inbox = own;
end $$`;

/**
 * `name(lock, guard, grace_ms, keep_ms, most)`: takes away one inbox whose connection has been gone for `grace_ms`, and up to
 * `most` rows that nobody has read for `keep_ms`. Answers whether there may be more. One at a time does it, who has the
 * advisory lock `guard`; whoever else comes leaves it to him.
 *
 * Whose connection has gone is whose lock can be had: so it seems of the session that asks, too.
 */
const sweeping = (names: Names, name: string, own = "", isOwn = "false"): string => `
create function ${names.call(name)}(lock bigint, guard bigint, grace_ms bigint, keep_ms bigint, most bigint${own})
returns boolean language plpgsql ${BY_INDEX} as $$
declare
  now_ms bigint := ${names.call("clock_ms")}();
  lost record;
  swept bigint;
begin
  perform set_config('synchronous_commit', 'off', true);
  if not pg_try_advisory_xact_lock(guard) then
    return false;
  end if;
  update ${names.call("inboxes")} i set missed_at = now_ms
  where i.missed_at is null and not ${isOwn} and pg_try_advisory_xact_lock_shared(i.key);
  delete from ${names.call("inbox_messages")} m using (
    select o.inbox, o.position from ${names.call("inboxes")} i cross join lateral (
      select r.inbox, r.position from ${names.call("inbox_messages")} r where r.inbox = i.inbox and r.sent_at < now_ms - keep_ms
      order by r.position limit most
    ) o limit most
  ) old where m.inbox = old.inbox and m.position = old.position;
  get diagnostics swept = row_count;
  select i.namespace, i.inbox into lost from ${names.call("inboxes")} i where i.missed_at <= now_ms - grace_ms
    order by i.missed_at limit 1 for update skip locked;
  if lost.inbox is not null then
    perform ${names.call("detach_inbox")}(lost.namespace, lock, lost.inbox);
  end if;
  return lost.inbox is not null or swept >= most;
end $$`;

export function inboxFunctions(names: Names): readonly string[] {
  return [attachInbox(names), detachInbox(names), sweeping(names, "sweep_inboxes")];
}

/** `sweep_other_inboxes(…, own)`: the same, for the session that listens for the inbox `own`. */
export function sweepOthersFunction(names: Names): string {
  return sweeping(names, "sweep_other_inboxes", ", own bigint", "i.inbox = own");
}
