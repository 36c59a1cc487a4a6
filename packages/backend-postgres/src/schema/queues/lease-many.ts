/**
 * `lease_many(sp, session_name, most, most_each, lease_ms)`: the contract's `dequeue`. Answers what `dequeue` does, and behind
 * the number of the lease how much it holds.
 *
 * Atomic, because one at a time leases for a session, and nobody attaches what is its meanwhile. The lane is read from its
 * beginning, for no more than is asked for where it can be handed out as it lies, which is what becomes of most, and for a
 * little more where not: however much lies in it, the cost is that of what is handed out, and of what is leased already. Who
 * polls where nothing lies writes nothing.
 */

import type { Names } from "../../keys.ts";
import { BY_INDEX } from "../locking.ts";
import { PICKED, WINDOW } from "./dequeue.ts";
import { table } from "./tables.ts";

/** In their order, so that what is found by places comes as `messages` and `identities` name it. Null: nobody knows. */
export const leasePlaces = (names: Names): string => `alter table ${table(names, "leases")} add column places tid[],
  alter messages set storage external, alter identities set storage external, alter places set storage external`;

/** What is to be handed out, column by column. */
const columnsOf = (rows: string): string => `
    select array_agg(q.seq), array_agg(q.message), array_agg(q.identity), array_agg(q.held), array_agg(q.attempts + 1),
      array_agg(q.place::tid) into seqs, numbers, leased, held, tries, spots
    from ${rows} q;`;

/** Nothing of it is blocked or past its TTL, and it is of so few pages that of nobody there can be too much: a page has each identity once. */
const takePlain = (names: Names): string => `
  if cardinality(blocked) = 0
    and not exists (select from ${table(names, "pages")} p where p.space = sp and p.expires_at <= now_ms) then${columnsOf(
      `(select s.ctid as place, s.* from ${table(names, "queue")} s where s.lane = own order by s.seq limit most)`,
    )}
    is_plain := seqs[cardinality(seqs)] - seqs[1] < most_each;
  end if;`;

/** Of one page rows come in the order of their places. */
const keepLease = (names: Names): string => `
  number := nextval('${table(names, "lease_numbers")}');
  if seqs[1] = seqs[cardinality(seqs)] then
    insert into ${table(names, "leases")} (lease, space, session, until, messages, identities, places)
    values (number, sp, own, now_ms + lease_ms, numbers, leased, spots);
  else
    insert into ${table(names, "leases")} (lease, space, session, until, messages, identities, places)
    select number, sp, own, now_ms + lease_ms, array_agg(q.message order by q.place), array_agg(q.identity order by q.place),
      array_agg(q.place order by q.place)
    from unnest(numbers, leased, spots) as q(message, identity, place) having count(*) > 0;
  end if;`;

/** A row for each page, oldest first. */
const answer = (names: Names): string => `
  if seqs[1] = seqs[cardinality(seqs)] then
    return query select number, cardinality(leased), m.message, m.id, m.content_type, m.sent_at, m.once, m.reply_to, m.payload,
      array_to_json(leased), array_to_json(held), array_to_json(tries), array_to_json(spots)
    from ${table(names, "messages")} m where m.message = numbers[1];
  else
    return query select number, cardinality(leased), m.message, m.id, case when p.turn = 1 then m.content_type end, m.sent_at,
      m.once, m.reply_to, case when p.turn = 1 then m.payload end, p.identities, p.epochs, p.attempts, p.places
    from (
      select q.seq, q.message, json_agg(q.identity) as identities, json_agg(q.epoch) as epochs, json_agg(q.attempt) as attempts,
        json_agg(q.place) as places, row_number() over (partition by q.message order by q.seq) as turn
      from unnest(seqs, numbers, leased, held, tries, spots) as q(seq, message, identity, epoch, attempt, place)
      group by q.seq, q.message
    ) p cross join lateral (select s.* from ${table(names, "messages")} s where s.message = p.message limit 1) m
    order by p.seq;
  end if;`;

export function leaseManyFunction(names: Names): string {
  return `
create function ${names.call("lease_many")}(sp int, session_name text, most bigint, most_each bigint, lease_ms bigint)
returns table (lease bigint, size int, message bigint, id text, content_type text, sent_at float8, once boolean,
  reply_to text, payload bytea, identities json, epochs json, attempts json, places json)
language plpgsql ${BY_INDEX} as $$
#variable_conflict use_column
declare
  own bigint;
  now_ms bigint;
  number bigint;
  blocked text[] := '{}';
  is_plain boolean := false;
  is_crowded boolean := false;
  seqs bigint[];
  numbers bigint[];
  leased text[];
  held bigint[];
  tries int[];
  spots tid[];
begin
  select s.session into own from ${table(names, "sessions")} s where s.space = sp and s.name = session_name;
  if own is null or not exists (select from ${table(names, "queue")} q where q.lane = own)
    and not exists (select from ${table(names, "attachments")} a where a.session = own and a.parked_from is not null) then
    return;
  end if;
  perform from ${table(names, "sessions")} s where s.session = own for update;
  now_ms := ${names.call("clock_ms")}();
  if exists (select from ${table(names, "leases")} l where l.session = own)
    or exists (select from ${table(names, "queue")} q where q.lane = own and q.due is not null) then
    perform ${names.call("end_leases")}(sp, own, now_ms);
    blocked := array(select b.identity from ${names.call("blocked_in")}(sp, own, now_ms) b);
  end if;
  if exists (select from ${table(names, "attachments")} a where a.session = own and a.parked_from is not null) then
    is_crowded := ${names.call("draw")}(sp, own, most, most_each, blocked);
    blocked := blocked || array(select q.identity from ${table(names, "queue")} q
      where q.lane = own and q.due > now_ms and q.expires_at > now_ms); -- Some of what was drawn waits for its delay.
  end if;${takePlain(names)}
  if is_plain is not true then
    with ${PICKED(names)}${columnsOf("picked")}
    is_crowded := is_crowded or exists (
      select from ${table(names, "queue")} q where q.lane = own order by q.seq offset ${WINDOW});
  end if;${keepLease(names)}${answer(names)}
  if is_crowded and most > coalesce(cardinality(leased), 0) then
    return query select number, null::int, null::bigint, null::text, null::text, null::float8, null::boolean, null::text,
      null::bytea, null::json, null::json, null::json, null::json;
  end if;
end $$`;
}
