/**
 * `enqueue_many(sp, message_id, type, sent, is_once, reply, body, identities, epochs, ttl, keep_ms, quota)`: the contract's
 * `enqueueMany`. Identities are sorted, each occurs once; `quota` may be null.
 *
 * Answers `(n, verdict)` of those that were refused, `n` counting from 1: `u` unregistered, `q` queue full.
 *
 * Atomic, because it is one transaction in which nobody is attached, dropped or forgotten. Rows are added as if all were new,
 * which costs half of asking for each; where one is not, all are added again, those that are there excepted. What has ended
 * before is found behind that, in a statement that sees what has ended meanwhile. With a quota enqueuers take turns.
 */

import type { Names } from "../../keys.ts";
import { BY_INDEX } from "../locking.ts";
import { listed } from "./listed.ts";
import { haveSpace, shareSpace } from "./locks.ts";
import { table } from "./tables.ts";

const ATTACHMENT = `a.identity, case when a.parked_from is null then a.session end,
      case when a.parked_from is null then a.epoch end, a.dropped`;

/**
 * `attachments_of(sp, identities)`: who of these, which are in order, is attached or was dropped; and others, which lie between
 * them. Where they lie close together it is one range; what is left when that gets too long is looked for one by one.
 */
const attachmentsOf = (names: Names): string => `
create function ${names.call("attachments_of")}(sp int, identities text[])
returns table (identity text, lane bigint, held bigint, dropped bigint) language plpgsql stable ${BY_INDEX} as $$
#variable_conflict use_column
declare
  first text := identities[1];
  last text := identities[cardinality(identities)];
  most bigint := 3 * cardinality(identities);
  edge text;
begin
  if cardinality(identities) >= 32 then
    return query select ${ATTACHMENT} from ${table(names, "attachments")} a
      where a.space = sp and a.identity >= first and a.identity <= last order by a.identity limit most;
    get diagnostics most = row_count;
    if most < 3 * cardinality(identities) then
      return;
    end if;
    select a.identity into edge from ${table(names, "attachments")} a
      where a.space = sp and a.identity >= first order by a.identity offset most - 1 limit 1;
  end if;
  return query select ${ATTACHMENT} from unnest(identities) as t(identity) cross join lateral (
    select s.* from ${table(names, "attachments")} s where s.space = sp and s.identity = t.identity limit 1) a
  where edge is null or t.identity collate "C" > edge;
end $$`;

/** Its number. Whoever comes second waits for the first, and finds what that has stored. */
const keepMessage = (names: Names): string => `
create function ${names.call("keep_message")}(
  sp int, message_id text, type text, sent float8, is_once boolean, reply text, body bytea, known bigint,
  out number bigint, out is_new boolean
) language plpgsql ${BY_INDEX} as $$
begin
  is_new := false;
  loop
    select m.message into number from ${table(names, "messages")} m where m.space = sp and m.id = message_id;
    exit when number is not null;
    insert into ${table(names, "messages")}
      (space, id, content_type, sent_at, once, reply_to, payload, known_until, check_at)
    values (sp, message_id, type, sent, is_once, reply, body, known, known)
    on conflict do nothing returning message into number;
    is_new := number is not null;
    exit when is_new;
  end loop;
end $$`;

/** Rows for all that are not in `refused`. */
const rows = (names: Names): string => `
  insert into ${table(names, "queue")} (message, seq, expires_at, epoch, lane, held, space, identity)
  select m, page, until, t.epoch, a.lane, a.held, sp, t.identity
  from unnest(identities, epochs) as t(identity, epoch)
  left join ${names.call("attachments_of")}(sp, identities) a on a.identity = t.identity
  where (a.dropped is null or a.dropped < t.epoch) and (refused is null or t.identity <> all(refused))`;

const isNew = (names: Names): string => `
  not exists (select from ${table(names, "queue")} q where q.space = sp and q.identity = t.identity and q.message = m)
  and not exists (select from ${table(names, "outcomes")} o where o.message = m and o.identity = t.identity)`;

const enqueueMany = (names: Names): string => `
create function ${names.call("enqueue_many")}(
  sp int, message_id text, type text, sent float8, is_once boolean, reply text, body bytea, identities text[], epochs bigint[],
  ttl bigint, keep_ms bigint, quota bigint
) returns table (n bigint, verdict text)
language plpgsql ${BY_INDEX} set enable_hashjoin to on as $$
#variable_conflict use_column
declare
  m bigint;
  is_new boolean;
  page bigint;
  now_ms bigint;
  until bigint;
  refused text[];
  over text[];
  added bigint;
begin
  if quota is null then ${shareSpace(names)}; else ${haveSpace(names)}; end if;
  now_ms := ${names.call("clock_ms")}();
  until := now_ms + ttl;
  select k.number, k.is_new into m, is_new from ${names.call("keep_message")}(
    sp, message_id, type, sent, is_once, reply, body, now_ms + case when is_once then greatest(ttl, keep_ms) else keep_ms end) k;
  page := nextval('${table(names, "turns")}');
  insert into ${table(names, "pages")} values (page, sp, m, identities[1], identities[cardinality(identities)], until);
  if quota is not null then
    refused := array(
      select t.identity from unnest(identities) as t(identity) where ${isNew(names)} and quota <= (
        select count(*) from (select from ${table(names, "queue")} q
          where q.space = sp and q.identity = t.identity and q.expires_at > now_ms limit quota) queued));
  end if;
  begin${rows(names)};
    get diagnostics added = row_count;
  exception when unique_violation then${rows(names)} on conflict do nothing;
    added := 0;
  end;
  if not is_new then
    over := array(select o.identity from ${table(names, "outcomes")} o
      where o.message = m and o.identity >= identities[1] and o.identity <= identities[cardinality(identities)]);
    delete from ${table(names, "queue")} q using ${listed("unnest(over) as o(identity)")} k
    where q.space = k.space and q.identity = k.identity and q.message = m and q.seq = page;
  end if;
  if added < cardinality(identities) then
    return query select t.n, case when t.identity = any(refused) then 'q' else 'u' end
    from unnest(identities, epochs) with ordinality as t(identity, epoch, n)
    cross join lateral (select max(a.dropped) as dropped from ${table(names, "attachments")} a
      where a.space = sp and a.identity = t.identity) a
    where coalesce(t.identity = any(refused) or a.dropped >= t.epoch, false) and ${isNew(names)};
  end if;
end $$`;

export function enqueueFunctions(names: Names): readonly string[] {
  return [attachmentsOf(names), keepMessage(names), enqueueMany(names)];
}
