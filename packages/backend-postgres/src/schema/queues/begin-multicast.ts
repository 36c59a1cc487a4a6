/**
 * `begin_multicast(sp, message_id, type, sent, is_once, reply, body, key, digest, filter, ttl, keep_ms)`: the contract's
 * `begin`. Answers the number of the message whose record stands, and whether it has begun now.
 *
 * Atomic, because one record can be added for a message, and for a key: who comes second waits for the first, and finds its
 * record. One that is over its retention stands in nobody's way.
 */

import type { Names } from "../../keys.ts";
import { BY_INDEX } from "../locking.ts";
import { shareSpace } from "./locks.ts";
import { table } from "./tables.ts";

export function beginMulticastFunction(names: Names): string {
  return `
create function ${names.call("begin_multicast")}(
  sp int, message_id text, type text, sent float8, is_once boolean, reply text, body bytea, key text, digest text, filter text,
  ttl bigint, keep_ms bigint, out number bigint, out begun boolean
) language plpgsql ${BY_INDEX} as $$
declare
  now_ms bigint;
begin
  ${shareSpace(names)};
  now_ms := ${names.call("clock_ms")}();
  loop
    select c.message into number from ${table(names, "multicasts")} c
      join ${table(names, "messages")} m on m.message = c.message
    where m.space = sp and m.id = message_id and m.known_until > now_ms;
    if number is null and key is not null then
      select c.message into number from ${table(names, "multicasts")} c
        join ${table(names, "messages")} m on m.message = c.message
      where c.space = sp and c.idempotency_key = key and m.known_until > now_ms;
    end if;
    begun := false;
    exit when number is not null;
    select k.number into number
    from ${names.call("keep_message")}(sp, message_id, type, sent, is_once, reply, body, now_ms + keep_ms) k;
    delete from ${table(names, "outcomes")} o using ${table(names, "messages")} m
    where o.message = number and m.message = number and m.known_until <= now_ms;
    delete from ${table(names, "multicasts")} c using ${table(names, "messages")} m
    where m.message = c.message and m.known_until <= now_ms
      and (c.message = number or (c.space = sp and c.idempotency_key = key));
    insert into ${table(names, "multicasts")}
      (message, space, idempotency_key, digest, filter, ttl_ms, started_at)
    values (number, sp, key, begin_multicast.digest, begin_multicast.filter, ttl, now_ms)
    on conflict do nothing returning true into begun;
    if begun then
      update ${table(names, "messages")} m
      set known_until = greatest(m.known_until, now_ms + keep_ms), check_at = greatest(m.check_at, now_ms + keep_ms)
      where m.message = number;
      exit;
    end if;
  end loop;
end $$`;
}
