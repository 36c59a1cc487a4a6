/**
 * `sweep_queues(sp, most, keep_ms, letters_ms)`: the contract's `sweep`; at most `most` rows of each kind. Answers how many
 * have ended or were forgotten.
 *
 * Atomic; what is forgotten for good goes while nobody enqueues or attaches, so that nobody finds what is about to go.
 */

import type { Names } from "../../keys.ts";
import { BY_INDEX } from "../locking.ts";
import { haveSpace } from "./locks.ts";
import { table } from "./tables.ts";

/** When a message whose retention is over is looked at again while something still needs it: soon, and not at once. */
const SOON_MS = 1_000;
const LATE_MS = 600_000;

/** Leases of sessions that nobody asks for any more, and what is past its TTL, page by page. */
const expirePages = (names: Names): string => `
create function ${names.call("expire_pages")}(sp int, most bigint) returns bigint language plpgsql ${BY_INDEX} as $$
declare
  now_ms bigint := ${names.call("clock_ms")}();
  swept bigint := 0;
  own bigint;
  page record;
  rows_of record;
begin
  for own in select distinct l.session from (select s.session from ${table(names, "leases")} s
    where s.space = sp and s.until <= now_ms order by s.until limit most) l order by 1
  loop
    perform from ${table(names, "sessions")} s where s.session = own for update;
    perform ${names.call("end_leases")}(sp, own, now_ms);
  end loop;
  for page in select p.* from ${table(names, "pages")} p
    where p.space = sp and p.expires_at <= now_ms order by p.expires_at limit most
  loop
    exit when swept >= most;
    select array_agg(q.message order by q.identity) as messages, array_agg(q.identity order by q.identity) as identities,
      count(*) as count into rows_of
    from (
      select s.message, s.identity from ${table(names, "queue")} s
      where s.space = sp and s.identity >= page.first and s.identity <= page.last and s.message = page.message
        and s.seq = page.seq order by s.identity limit most - swept
    ) q;
    if rows_of.count > 0 then
      swept := swept + ${names.call("expire_rows")}(sp, rows_of.messages, rows_of.identities, now_ms);
    else
      delete from ${table(names, "pages")} p where p.seq = page.seq;
    end if;
  end loop;
  return swept;
end $$`;

/** Outcomes of messages whose retention is over, then these messages, if nothing needs them. */
const forgetMessages = (names: Names): string => `
create function ${names.call("forget_messages")}(sp int, most bigint, letters_ms bigint)
returns bigint language plpgsql ${BY_INDEX} as $$
declare
  now_ms bigint := ${names.call("clock_ms")}();
  forgotten bigint := 0;
  removed bigint;
  over bigint;
begin
  for over in select m.message from ${table(names, "messages")} m
    where m.space = sp and m.check_at <= now_ms and m.known_until <= now_ms order by m.check_at limit most
  loop
    exit when forgotten >= most;
    delete from ${table(names, "outcomes")} o using (
      select s.message, s.identity from ${table(names, "outcomes")} s
      where s.message = over order by s.identity limit most - forgotten
    ) k where o.message = k.message and o.identity = k.identity;
    get diagnostics removed = row_count;
    forgotten := forgotten + removed;
    continue when exists (select from ${table(names, "outcomes")} o where o.message = over);
    delete from ${table(names, "multicasts")} c where c.message = over;
    if exists (select from ${table(names, "dead_letters")} d where d.message = over) or exists (
      select from ${table(names, "pages")} p cross join lateral (
        select from ${table(names, "queue")} q where q.space = sp and q.identity >= p.first and q.identity <= p.last
          and q.message = over limit 1) q
      where p.message = over) then
      update ${table(names, "messages")} m set check_at = now_ms + greatest(${SOON_MS}, least(${LATE_MS}, greatest(
        (select max(p.expires_at) from ${table(names, "pages")} p where p.message = over),
        (select max(d.died_at) + letters_ms from ${table(names, "dead_letters")} d where d.message = over)) - now_ms))
      where m.message = over;
    else
      delete from ${table(names, "pages")} p where p.message = over;
      delete from ${table(names, "messages")} m where m.message = over;
      forgotten := forgotten + 1;
    end if;
  end loop;
  return forgotten;
end $$`;

const sweepQueues = (names: Names): string => `
create function ${names.call("sweep_queues")}(sp int, most bigint, keep_ms bigint, letters_ms bigint)
returns bigint language plpgsql ${BY_INDEX} as $$
declare
  now_ms bigint;
  swept bigint;
  removed bigint;
begin
  ${haveSpace(names)};
  now_ms := ${names.call("clock_ms")}();
  swept := ${names.call("expire_pages")}(sp, most);
  delete from ${table(names, "dead_letters")} d using (
    select s.space, s.identity, s.id from ${table(names, "dead_letters")} s
    where s.space = sp and s.died_at <= now_ms - letters_ms order by s.died_at limit most
  ) k where d.space = k.space and d.identity = k.identity and d.id = k.id;
  get diagnostics removed = row_count;
  swept := swept + removed + ${names.call("forget_messages")}(sp, most, letters_ms);
  delete from ${table(names, "attachments")} a using (
    select s.space, s.identity from ${table(names, "attachments")} s
    where s.space = sp and s.dropped_at <= now_ms - keep_ms order by s.dropped_at limit most
  ) k where a.space = k.space and a.identity = k.identity and a.session is null;
  get diagnostics removed = row_count;
  update ${table(names, "attachments")} a set dropped = null, dropped_at = null from (
    select s.space, s.identity from ${table(names, "attachments")} s
    where s.space = sp and s.dropped_at <= now_ms - keep_ms order by s.dropped_at limit most
  ) k where a.space = k.space and a.identity = k.identity;
  delete from ${table(names, "sessions")} s where s.session in (
    select o.session from ${table(names, "sessions")} o where o.space = sp
      and not exists (select from ${table(names, "attachments")} a where a.session = o.session)
      and not exists (select from ${table(names, "leases")} l where l.session = o.session) limit most);
  return swept + removed;
end $$`;

export function sweepFunctions(names: Names): readonly string[] {
  return [expirePages(names), forgetMessages(names), sweepQueues(names)];
}
