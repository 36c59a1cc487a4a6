/**
 * `record_outbox(ns, message_id, type, sent, is_once, reply, body, key, digest, filter, ttl, keep_ms, targets, is_whole, channel)`:
 * the contract's `record`, without its recipients: whoever calls it adds parcels for them in the same statement, for arrays
 * that go through a function are taken apart there. There are `targets` of them, or more to come unless `is_whole`. `channel`
 * is told when it commits, unless it is null.
 *
 * Answers the multicast that stands, whether that is this one, the number of the namespace and the time; nothing: the
 * namespace has never been opened in this database.
 *
 * Atomic, because it happens within the caller's transaction, behind a savepoint. One multicast can be added for an id, and for
 * a key: who comes second waits for the first's end, and then finds what that has left. One that is over its retention stands
 * in nobody's way.
 */

import type { Names } from "../../keys.ts";
import { BY_INDEX } from "../locking.ts";
import { table } from "./tables.ts";

const recordOutbox = (names: Names): string => `
create function ${names.call("record_outbox")}(
  ns text, message_id text, type text, sent float8, is_once boolean, reply text, body bytea, key text, digest text, filter text,
  ttl bigint, keep_ms bigint, targets bigint, is_whole boolean, channel text,
  out own bigint, out is_new boolean, out sp int, out now_ms bigint
) language plpgsql ${BY_INDEX} as $$
declare
  is_over boolean;
begin
  now_ms := ${names.call("clock_ms")}();
  is_new := false;
  sp := (select s.space from ${names.call("durable_spaces")} s where s.namespace = ns);
  if sp is null then
    return;
  end if;
  loop
    insert into ${table(names, "multicasts")} (space, started_at, expires_at, ttl_ms, targets, sent_at, once, id, content_type,
      reply_to, idempotency_key, digest, filter, payload)
    values (sp, now_ms, now_ms + ttl, ttl, record_outbox.targets, sent, is_once, message_id, type, reply, key,
      record_outbox.digest, record_outbox.filter, body)
    on conflict do nothing returning multicast into own;
    exit when own is not null;
    select m.multicast, e.ended_at <= now_ms - keep_ms into own, is_over from (
      select * from ${table(names, "multicasts")} i where i.space = sp and i.id = message_id
      union all
      select * from ${table(names, "multicasts")} k where k.space = sp and k.idempotency_key = key
    ) m left join ${table(names, "ends")} e on e.multicast = m.multicast limit 1;
    if is_over then
      perform ${names.call("forget_multicasts")}(array[own]);
    elsif own is not null then
      return;
    end if;
  end loop;
  is_new := true;
  if is_whole and targets = 0 then
    insert into ${table(names, "ends")} values (own, sp, now_ms);
  end if;
  if channel is not null then
    perform pg_notify(channel, '');
  end if;
end $$`;

/**
 * `recorded_outbox(own, identities)`: those of them that the multicast, which this transaction has added, has in one of its
 * parcels; as JSON. For recipients that don't come in order, of whom each is recorded once.
 */
const recordedOutbox = (names: Names): string => `
create function ${names.call("recorded_outbox")}(own bigint, identities text[]) returns text
language plpgsql stable ${BY_INDEX} set enable_hashjoin to on as $$
begin
  return (select coalesce(json_agg(t.identity), '[]')::text from unnest(identities) as t(identity)
    where t.identity in (select unnest(p.identities) from ${table(names, "parcels")} p where p.multicast = own));
end $$`;

export function recordFunctions(names: Names): readonly string[] {
  return [recordOutbox(names), recordedOutbox(names)];
}
