/**
 * `record_outbox(ns, message_id, type, sent, is_once, reply, body, key, digest, filter, ttl, keep_ms, shards, stops, identities,
 * epochs, is_whole, channel)`: the contract's `record`, as far as the first recipients go; all of them where `is_whole`. Parcel
 * `n` goes to `shards[n]` and ends with `identities[stops[n]]`; in each of them identities are in order. `channel` is told when
 * it commits, unless it is null.
 *
 * Answers `[multicast, is_new, started_at]` as JSON, for it runs on the connection of somebody else, who reads types in his
 * own way; null: the namespace has never been opened in this database.
 *
 * Atomic, because it happens within his transaction, behind a savepoint. One multicast can be added for an id, and for a key:
 * who comes second waits for the first's end, and then finds what that has left. One that is over its retention stands in
 * nobody's way.
 */

import type { Names } from "../../keys.ts";
import { BY_INDEX } from "../locking.ts";
import { table } from "./tables.ts";

const addParcels = (names: Names): string => `
create function ${names.call("add_parcels")}(
  sp int, own bigint, until bigint, shards bigint[], stops bigint[], identities text[], epochs bigint[]
) returns void language sql as $$
  insert into ${table(names, "parcels")} (parcel, multicast, expires_at, space, shard, count, first, last, epochs, identities)
  select nextval('${table(names, "turns")}'), own, until, sp, p.shard, p.stop - p.start + 1,
    identities[p.start], identities[p.stop], epochs[p.start:p.stop], identities[p.start:p.stop]
  from (
    select u.shard, (lag(u.stop, 1, 0) over (order by u.n) + 1)::int as start, u.stop::int
    from unnest(shards, stops) with ordinality as u(shard, stop, n) order by u.n
  ) p
$$`;

const recordOutbox = (names: Names): string => `
create function ${names.call("record_outbox")}(
  ns text, message_id text, type text, sent float8, is_once boolean, reply text, body bytea, key text, digest text, filter text,
  ttl bigint, keep_ms bigint, shards bigint[], stops bigint[], identities text[], epochs bigint[], is_whole boolean, channel text
) returns text language plpgsql ${BY_INDEX} as $$
declare
  now_ms bigint := ${names.call("clock_ms")}();
  sp int := (select s.space from ${names.call("durable_spaces")} s where s.namespace = ns);
  own bigint;
  standing record;
begin
  if sp is null then
    return null;
  end if;
  loop
    insert into ${table(names, "multicasts")} (space, started_at, expires_at, ttl_ms, targets, sent_at, once, id, content_type,
      reply_to, idempotency_key, digest, filter, payload)
    values (sp, now_ms, now_ms + ttl, ttl, cardinality(identities), sent, is_once, message_id, type, reply, key,
      record_outbox.digest, record_outbox.filter, body)
    on conflict do nothing returning multicast into own;
    exit when own is not null;
    select m.multicast, m.started_at, e.ended_at <= now_ms - keep_ms as is_over into standing from (
      select * from ${table(names, "multicasts")} i where i.space = sp and i.id = message_id
      union all
      select * from ${table(names, "multicasts")} k where k.space = sp and k.idempotency_key = key
    ) m left join ${table(names, "ends")} e on e.multicast = m.multicast limit 1;
    if standing.is_over then
      perform ${names.call("forget_multicasts")}(array[standing.multicast]);
    elsif standing.multicast is not null then
      return json_build_array(standing.multicast, false, standing.started_at)::text;
    end if;
  end loop;
  perform ${names.call("add_parcels")}(sp, own, now_ms + ttl, shards, stops, identities, epochs);
  if is_whole and cardinality(identities) = 0 then
    insert into ${table(names, "ends")} values (own, sp, now_ms);
  end if;
  if channel is not null then
    perform pg_notify(channel, '');
  end if;
  return json_build_array(own, true, now_ms)::text;
end $$`;

/**
 * `extend_outbox(own, shards, stops, identities, epochs, is_whole)`: further recipients of a multicast that this transaction has
 * added. Answers how many it has, where `is_whole`.
 */
const extendOutbox = (names: Names): string => `
create function ${names.call("extend_outbox")}(
  own bigint, shards bigint[], stops bigint[], identities text[], epochs bigint[], is_whole boolean
) returns text language plpgsql ${BY_INDEX} as $$
declare
  whole bigint;
begin
  perform ${names.call("add_parcels")}(m.space, own, m.expires_at, shards, stops, identities, epochs)
    from ${table(names, "multicasts")} m where m.multicast = own;
  if is_whole then
    update ${table(names, "multicasts")} m
    set targets = (select sum(p.count) from ${table(names, "parcels")} p where p.multicast = own)
    where m.multicast = own returning m.targets into whole;
  end if;
  return whole::text;
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
  return [addParcels(names), recordOutbox(names), extendOutbox(names), recordedOutbox(names)];
}
