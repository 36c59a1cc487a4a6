/**
 * `park(sp, session_name, most, most_each)`: puts aside what lies in the way at the beginning of a session's lane: of those who
 * are blocked, or have more there than may be handed out at once, everything behind that; and what is past its TTL.
 *
 * Atomic, because nobody enqueues meanwhile, so that nothing newer can get into the lane. Each row is parked at most once
 * for each time it is drawn, and drawn only when it is about to be handed out: long queues cost a rewrite or two of each row.
 */

import type { Names } from "../../keys.ts";
import { BY_INDEX } from "../locking.ts";
import { WINDOW } from "./dequeue.ts";
import { haveSpace } from "./locks.ts";
import { table } from "./tables.ts";

export function parkFunction(names: Names): string {
  return `
create function ${names.call("park")}(sp int, session_name text, most bigint, most_each bigint)
returns void language plpgsql ${BY_INDEX} as $$
declare
  own bigint;
  now_ms bigint;
begin
  ${haveSpace(names)};
  select s.session into own from ${table(names, "sessions")} s where s.space = sp and s.name = session_name for update;
  now_ms := ${names.call("clock_ms")}();
  perform ${names.call("end_leases")}(sp, own, now_ms);
  with blocked as materialized (select * from ${names.call("blocked_in")}(sp, own, now_ms)),
  lane as materialized (
    select q.identity, q.seq, row_number() over (partition by q.identity order by q.seq) as place
    from ${table(names, "queue")} q where q.lane = own and q.expires_at > now_ms order by q.seq limit ${WINDOW}
  ),
  cut as materialized (
    select sp as space, l.identity, greatest(max(l.seq) filter (where l.place <= most_each), max(b.seq)) as seq
    from lane l left join blocked b on b.identity = l.identity
    group by l.identity having count(*) > most_each or max(b.seq) < max(l.seq)
  ),
  parked as (
    update ${table(names, "queue")} q set lane = null, held = null from cut c
    where q.space = c.space and q.identity = c.identity and q.lane = own and q.seq > c.seq
    returning q.space, q.identity, q.seq
  )
  update ${table(names, "attachments")} a set parked_from = p.seq
  from (select k.space, k.identity, min(k.seq) as seq from parked k group by k.space, k.identity) p
  where a.space = p.space and a.identity = p.identity;
  update ${table(names, "attachments")} a set parked_from = null
  from (
    select s.space, s.identity from ${table(names, "attachments")} s where s.session = own and s.parked_from is not null
      and not exists (select from ${table(names, "queue")} q where q.space = sp and q.identity = s.identity and q.lane is null)
    order by s.parked_from limit most
  ) idle where a.space = idle.space and a.identity = idle.identity;
  perform ${names.call("expire_rows")}(sp, array_agg(past.message), array_agg(past.identity), now_ms)
  from (
    select q.message, q.identity from (
      select s.message, s.identity, s.expires_at from ${table(names, "queue")} s
      where s.lane = own order by s.seq limit ${WINDOW}
    ) q where q.expires_at <= now_ms order by q.identity, q.message
  ) past having count(*) > 0;
end $$`;
}
