/**
 * `dequeue(sp, session_name, most, most_each, lease_ms)`: the contract's `dequeue`.
 *
 * Answers a row for each page of which something was leased, oldest first: the lease's number, the message (its contents
 * in the first of its rows only), and four JSON arrays: identities, epochs, attempts, and where
 * rows lie. A row without a message: much lies in
 * the way of what could be handed out; `park` puts it aside, and then it is to be asked again.
 *
 * Atomic, because one at a time dequeues for a session, and nobody attaches what is its meanwhile. The lane is read from its
 * beginning for a little more than is asked for, never to its end: however much lies in it, the cost is that of what is
 * handed out, and of what is leased already. Who polls where nothing lies writes nothing.
 */

import type { Names } from "../../keys.ts";
import { BY_INDEX } from "../locking.ts";
import { table } from "./tables.ts";

/** How much of a lane is looked at. */
export const WINDOW = "(most + most / 4 + 64)";

/**
 * `blocked_in(sp, own, now_ms)`: identities of which something is leased or waits for its delay, and the seq of the last such
 * row. Forgets leases of which nothing is left, and shortens those of which little is.
 */
const blockedIn = (names: Names): string => `
create function ${names.call("blocked_in")}(sp int, own bigint, now_ms bigint)
returns table (identity text, seq bigint) language plpgsql ${BY_INDEX} as $$
#variable_conflict use_column
begin
  return query with held as materialized (
    select l.part, cardinality(l.identities) as size, k.message, k.identity, q.seq
    from ${table(names, "leases")} l cross join lateral unnest(l.messages, l.identities) as k(message, identity)
    cross join lateral (select s.seq from ${table(names, "queue")} s
      where s.space = sp and s.identity = k.identity and s.message = k.message and (s.ended is null or s.ended < l.lease) limit 1) q
    where l.session = own
  ),
  emptied as (
    delete from ${table(names, "leases")} l where l.session = own and not exists (select from held h where h.part = l.part)
  ),
  shortened as (
    update ${table(names, "leases")} l set messages = s.messages, identities = s.identities
    from (select h.part, array_agg(h.message) as messages, array_agg(h.identity) as identities from held h
      group by h.part, h.size having count(*) * 2 <= h.size) s
    where l.part = s.part
  )
  select h.identity, max(h.seq) from held h group by h.identity
  union all
  select q.identity, max(q.seq) from ${table(names, "queue")} q
  where q.lane = own and q.due > now_ms and q.expires_at > now_ms group by q.identity;
end $$`;

/**
 * `draw(sp, own, most, most_each, blocked)`: brings into the lane what is parked and older than the end of what is looked at, for
 * those of whom it holds less than may be handed out. Answers whether some of whom something should be parked have nothing.
 */
const draw = (names: Names): string => `
create function ${names.call("draw")}(sp int, own bigint, most bigint, most_each bigint, blocked text[])
returns boolean language plpgsql ${BY_INDEX} as $$
declare
  edge bigint;
  has_idle boolean;
begin
  select q.seq into edge from ${table(names, "queue")} q where q.lane = own order by q.seq offset ${WINDOW} limit 1;
  with lane as (
    select w.identity, count(*) as count from (select q.identity from ${table(names, "queue")} q
      where q.lane = own order by q.seq limit ${WINDOW}) w group by w.identity
  ),
  wanting as materialized (
    select a.identity, a.epoch, a.parked_from, greatest(most_each - coalesce(l.count, 0), 0) as room
    from (
      select * from ${table(names, "attachments")} s
      where s.session = own and s.parked_from is not null and (edge is null or s.parked_from <= edge)
        and s.identity not in (select unnest(blocked))
      order by s.parked_from limit most
    ) a left join lane l on l.identity = a.identity
  ),
  parked as materialized (
    select w.identity, w.epoch, q.message, q.seq from wanting w cross join lateral (
      select s.message, s.seq from ${table(names, "queue")} s
      where s.space = sp and s.identity = w.identity and s.lane is null and s.seq >= w.parked_from
      order by s.seq limit w.room) q
  ),
  chosen as materialized (select sp as space, p.* from parked p order by p.seq limit most),
  drawn as (
    update ${table(names, "queue")} q set lane = own, held = c.epoch from chosen c
    where q.space = c.space and q.identity = c.identity and q.message = c.message
  ),
  moved as (
    update ${table(names, "attachments")} a set parked_from = c.seq + 1
    from (select d.space, d.identity, max(d.seq) as seq from chosen d group by d.space, d.identity) c
    where a.space = c.space and a.identity = c.identity
  )
  select exists (select from wanting w where w.room > 0 and not exists (select from parked p where p.identity = w.identity))
  into has_idle;
  return has_idle;
end $$`;

/**
 * Whether the beginning of the lane is handed out as it lies: nothing of it is blocked or past its TTL, and it is of so few pages
 * that of nobody there can be too much: a page has each identity once. What becomes of most, it takes half as long.
 */
const isPlain = (names: Names): string => `
  cardinality(blocked) = 0
  and not exists (select from ${table(names, "pages")} p where p.space = sp and p.expires_at <= now_ms)
  and most_each > coalesce(
      (select q.seq from ${table(names, "queue")} q where q.lane = own order by q.seq offset most - 1 limit 1),
      (select q.seq from ${table(names, "queue")} q where q.lane = own order by q.seq desc limit 1))
    - (select q.seq from ${table(names, "queue")} q where q.lane = own order by q.seq limit 1)`;

const PLAIN = (names: Names): string => `
  picked as materialized (
    select q.ctid::text as place, q.message, q.identity, q.seq, q.held, q.attempts
    from ${table(names, "queue")} q where q.lane = own order by q.seq limit most
  )`;

/** What is handed out of the lane, in order. Only those of whom there is too much are counted off. */
export const PICKED = (names: Names): string => `
  lane as materialized (
    select q.ctid::text as place, q.message, q.identity, q.seq, q.held, q.attempts, q.expires_at
    from ${table(names, "queue")} q where q.lane = own order by q.seq limit ${WINDOW}
  ),
  due as materialized (
    select * from lane l where l.expires_at > now_ms and l.identity not in (select unnest(blocked))
  ),
  long as materialized (select d.identity from due d group by d.identity having count(*) > most_each),
  picked as materialized (
    select * from (
      select d.*, 1 as turn from due d where d.identity not in (select l.identity from long l)
      union all
      select d.*, row_number() over (partition by d.identity order by d.seq)
      from due d where d.identity in (select l.identity from long l)
    ) d where d.turn <= most_each order by d.seq limit most
  )`;

/** Leases what `picked` finds, and answers it. */
const handOut = (names: Names, picked: string): string => `return query with ${picked},
  leased as (
    insert into ${table(names, "leases")} (lease, space, session, until, messages, identities)
    select number, sp, own, now_ms + lease_ms, array_agg(p.message), array_agg(p.identity) from picked p having count(*) > 0
  ),
  grouped as (
    select p.seq, p.message, json_agg(p.identity) as identities, json_agg(p.held) as epochs,
      json_agg(p.attempts + 1) as attempts, json_agg(p.place) as places, row_number() over (partition by p.message order by p.seq) as turn
    from picked p group by p.seq, p.message
  )
  select number, m.message, m.id, case when g.turn = 1 then m.content_type end, m.sent_at, m.once, m.reply_to,
    case when g.turn = 1 then m.payload end, g.identities, g.epochs, g.attempts, g.places
  from grouped g cross join lateral (select s.* from ${table(names, "messages")} s where s.message = g.message limit 1) m
  order by g.seq;`;

const dequeue = (names: Names): string => `
create function ${names.call("dequeue")}(sp int, session_name text, most bigint, most_each bigint, lease_ms bigint)
returns table (lease bigint, message bigint, id text, content_type text, sent_at float8, once boolean, reply_to text,
  payload bytea, identities json, epochs json, attempts json, places json)
language plpgsql ${BY_INDEX} as $$
#variable_conflict use_column
declare
  own bigint;
  now_ms bigint;
  number bigint;
  blocked text[];
  is_crowded boolean := false;
begin
  select s.session into own from ${table(names, "sessions")} s where s.space = sp and s.name = session_name;
  if own is null or not exists (select from ${table(names, "queue")} q where q.lane = own)
    and not exists (select from ${table(names, "attachments")} a where a.session = own and a.parked_from is not null) then
    return;
  end if;
  perform from ${table(names, "sessions")} s where s.session = own for update;
  now_ms := ${names.call("clock_ms")}();
  perform ${names.call("end_leases")}(sp, own, now_ms);
  blocked := array(select b.identity from ${names.call("blocked_in")}(sp, own, now_ms) b);
  if exists (select from ${table(names, "attachments")} a where a.session = own and a.parked_from is not null) then
    is_crowded := ${names.call("draw")}(sp, own, most, most_each, blocked);
    blocked := blocked || array(select q.identity from ${table(names, "queue")} q
      where q.lane = own and q.due > now_ms and q.expires_at > now_ms); -- Some of what was drawn waits for its delay.
  end if;
  number := nextval('${table(names, "lease_numbers")}');
  if ${isPlain(names)} then
    ${handOut(names, PLAIN(names))}
  else
    ${handOut(names, PICKED(names))}
  end if;
  is_crowded := is_crowded or exists (select from ${table(names, "queue")} q where q.lane = own order by q.seq offset ${WINDOW});
  if is_crowded and most > coalesce(
    (select cardinality(l.identities) from ${table(names, "leases")} l where l.lease = number), 0) then
    return query select number, null::bigint, null::text, null::text, null::float8, null::boolean, null::text, null::bytea,
      null::json, null::json, null::json, null::json;
  end if;
end $$`;

export function dequeueFunctions(names: Names): readonly string[] {
  return [blockedIn(names), draw(names), dequeue(names)];
}
