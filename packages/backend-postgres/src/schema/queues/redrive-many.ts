/**
 * `redrive_many(sp, identities, ids, ttl, quota)`: the contract's `redriveMany`; each dead letter is named once, in order. Answers
 * `(n, verdict)` of those that were not queued: `a` there is none, `q` its queue is full.
 *
 * Atomic, because nobody enqueues or attaches meanwhile, and of several that redrive or purge one letter one has deleted it.
 * Receipts from before are fenced. Its epoch is that of whoever is attached, else one that was never dropped.
 */

import type { Names } from "../../keys.ts";
import { BY_INDEX } from "../locking.ts";
import { haveSpace } from "./locks.ts";
import { table } from "./tables.ts";

export function redriveManyFunction(names: Names): string {
  return `
create function ${names.call("redrive_many")}(sp int, identities text[], ids text[], ttl bigint, keep_ms bigint, quota bigint)
returns table (n bigint, verdict text) language plpgsql ${BY_INDEX} as $$
#variable_conflict use_column
declare
  now_ms bigint;
  letter record;
  page bigint;
begin
  ${haveSpace(names)};
  now_ms := ${names.call("clock_ms")}();
  for letter in
    select t.n, t.identity, t.id, d.message, d.epoch, a.session, a.epoch as held, a.parked_from, a.dropped, d.died_at
    from unnest(identities, ids) with ordinality as t(identity, id, n)
    left join lateral (select s.* from ${table(names, "dead_letters")} s
      where s.space = sp and s.identity = t.identity and s.id = t.id limit 1) d on true
    left join lateral (select s.* from ${table(names, "attachments")} s
      where s.space = sp and s.identity = t.identity limit 1) a on true
  loop
    n := letter.n;
    verdict := case when letter.message is null or letter.died_at <= now_ms - keep_ms then 'a' end;
    if verdict is null and quota is not null and quota <= (
      select count(*) from ${table(names, "queue")} q
      where q.space = sp and q.identity = letter.identity and q.expires_at > now_ms) then
      verdict := 'q';
    end if;
    if verdict is null then
      page := nextval('${table(names, "turns")}');
      insert into ${table(names, "pages")}
      values (page, sp, letter.message, letter.identity, letter.identity, now_ms + ttl);
      delete from ${table(names, "dead_letters")} d where d.space = sp and d.identity = letter.identity and d.id = letter.id;
      delete from ${table(names, "outcomes")} o where o.message = letter.message and o.identity = letter.identity;
      insert into ${table(names, "queue")} (message, seq, expires_at, epoch, lane, held, ended, ended_as, space, identity)
      values (letter.message, page, now_ms + ttl, greatest(letter.epoch, letter.held, letter.dropped + 1),
        case when letter.parked_from is null then letter.session end,
        case when letter.parked_from is null then letter.held end,
        nextval('${table(names, "lease_numbers")}'), 'x', sp, letter.identity);
    else
      return next;
    end if;
  end loop;
end $$`;
}
