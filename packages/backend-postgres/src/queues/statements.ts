/** What is sent. `$1` is the number of the namespace. Functions tell in `schema/queues/` what they take and answer. */

import type { Names } from "../keys.ts";
import { table } from "../schema/queues/tables.ts";

export interface Statements {
  /** `$1` the namespace's name. */
  readonly findSpace: string;
  readonly addSpace: string;
  readonly enqueueMany: string;
  readonly attachQueues: string;
  readonly detachQueues: string;
  readonly dropQueues: string;
  readonly dequeue: string;
  readonly park: string;
  readonly ackLeases: string;
  readonly ackMany: string;
  readonly settleMany: string;
  readonly extendMany: string;
  readonly beforeHandling: string;
  readonly sweepQueues: string;
  readonly beginMulticast: string;
  /** `$2` message id. */
  readonly complete: string;
  /** `$2` message id. */
  readonly findById: string;
  /** `$2` number of the message. */
  readonly findByNumber: string;
  /** `$2` message id. Answers pending, delivered, failed. */
  readonly counts: string;
  /** `$2` message id, `$3` identity to begin behind or null, `$4` how many, `$5` states or null. */
  readonly deliveries: string;
  /** `$2`, `$3` identity and message id to begin behind, `$4` how many, `$5` one identity or null, `$6` retention. */
  readonly deadLetters: string;
  readonly redriveMany: string;
  /** `$2` identities, `$3` message ids, `$4` retention. Answers which were there. */
  readonly purgeMany: string;
}

const call = (names: Names, name: string, count: number): string =>
  `${names.call(name)}(${Array.from({ length: count }, (_, index) => `$${index + 1}`).join(", ")})`;

export function statementsIn(names: Names): Statements {
  const spaces = table(names, "spaces");
  const letters = table(names, "dead_letters");
  return Object.freeze({
    findSpace: `select space from ${spaces} where namespace = $1`,
    addSpace: `insert into ${spaces} (namespace) values ($1) on conflict do nothing`,
    enqueueMany: `select * from ${call(names, "enqueue_many", 12)}`,
    attachQueues: `select * from ${call(names, "attach_queues", 4)}`,
    detachQueues: `select ${call(names, "detach_queues", 3)}`,
    dropQueues: `select ${call(names, "drop_queues", 5)}`,
    dequeue: `select * from ${call(names, "lease_many", 5)}`,
    park: `select ${call(names, "park", 4)}`,
    ackLeases: `select * from ${call(names, "ack_leases", 3)}`,
    ackMany: `select * from ${call(names, "ack_many", 6)}`,
    settleMany: `select * from ${call(names, "settle_many", 9)}`,
    extendMany: `select * from ${call(names, "extend_many", 5)}`,
    beforeHandling: `select ${call(names, "before_handling", 5)}`,
    sweepQueues: `select ${call(names, "sweep_queues", 4)}`,
    beginMulticast: `select * from ${call(names, "begin_multicast", 12)}`,
    complete: `update ${table(names, "multicasts")} c set complete = true from ${table(names, "messages")} m
      where m.space = $1 and m.id = $2 and c.message = m.message and not c.complete`,
    findById: multicast(names, "m.id = $2"),
    findByNumber: multicast(names, "m.message = $2"),
    counts: counts(names),
    deliveries: deliveries(names),
    deadLetters: `select l.identity, l.id, l.code, l.reason, l.attempts, m.content_type, m.sent_at, l.died_at, m.payload
      from (
        select * from ${letters} d where d.space = $1 and (d.identity, d.id) > ($2, $3)
          and ($5::text is null or d.identity = $5) and d.died_at > ${names.call("now_ms")}() - $6::bigint
        order by d.identity, d.id limit $4::bigint
      ) l join ${table(names, "messages")} m on m.message = l.message order by l.identity, l.id`,
    redriveMany: `select * from ${call(names, "redrive_many", 6)}`,
    purgeMany: `delete from ${letters} d using unnest($2::text[], $3::text[]) as k(identity, id)
      where d.space = $1 and d.identity = k.identity and d.id = k.id and d.died_at > ${names.call("now_ms")}() - $4::bigint
      returning d.identity, d.id`,
  });
}

/** Its record, while it is known. */
const multicast = (names: Names, which: string): string => `
  select m.id, m.content_type, m.sent_at, m.once, m.reply_to, m.payload, c.idempotency_key, c.digest, c.filter, c.ttl_ms,
    c.complete, c.started_at
  from ${table(names, "messages")} m join ${table(names, "multicasts")} c on c.message = m.message
  where m.space = $1 and ${which} and m.known_until > ${names.call("now_ms")}()`;

/** The message `m`, the moment, and where its pending deliveries can lie. */
const known = (names: Names): string => `
  known as materialized (
    select m.message, m.known_until > t.now_ms as is_told, t.now_ms,
      (select min(p.first) from ${table(names, "pages")} p where p.message = m.message) as first,
      (select max(p.last) from ${table(names, "pages")} p where p.message = m.message) as last
    from ${table(names, "messages")} m cross join (select ${names.call("now_ms")}() as now_ms) t
    where m.space = $1 and m.id = $2
  ),
  held as materialized (
    select k.identity, max(l.lease) as lease, max(l.until) as until from ${table(names, "leases")} l
    cross join lateral unnest(l.messages, l.identities) as k(message, identity)
    where l.space = $1 and k.message = (select message from known) group by k.identity
  )`;

/**
 * Pending deliveries of `known` as they are told: what is past its TTL and not leased has expired, whether or not anybody
 * has swept; a lease counts from its beginning.
 */
const pending = (names: Names, more: string): string => `
  select q.identity, q.attempts + case when q.ended is null or q.ended < h.lease then coalesce(sign(h.lease), 0) else 0 end
      as attempts,
    case when q.expires_at > k.now_ms or ((q.ended is null or q.ended < h.lease) and h.until > k.now_ms) then 'p' else 'f' end
      as state
  from known k cross join lateral (
    select * from ${table(names, "queue")} s
    where s.space = $1 and s.message = k.message and s.identity >= k.first and s.identity <= k.last ${more}
  ) q left join held h on h.identity = q.identity`;

/**
 * Leases are asked about only where that could make a difference, behind the TTL, and as a list: joined with everything that is
 * pending they would cost all times all, for the server does not know how many there are.
 */
const counts = (names: Names): string => `
  with ${known(names)}, all_of as (
    select case
      when q.expires_at > k.now_ms then 'p'
      when q.ended is null and q.identity in (select h.identity from held h where h.until > (select now_ms from known)) then 'p'
      when q.ended is not null and exists (
        select from held h where h.identity = q.identity and h.until > k.now_ms and q.ended < h.lease) then 'p'
      else 'f' end as state, count(*) as count
    from known k cross join lateral (
      select * from ${table(names, "queue")} s
      where s.space = $1 and s.message = k.message and s.identity >= k.first and s.identity <= k.last
    ) q group by 1
    union all
    select o.state::text, count(*) from ${table(names, "outcomes")} o
    where o.message = (select message from known where is_told) group by o.state
  )
  select coalesce(sum(count) filter (where state = 'p'), 0), coalesce(sum(count) filter (where state = 'd'), 0),
    coalesce(sum(count) filter (where state = 'f'), 0) from all_of`;

/** A page of pending ones and one of ended ones, of which the first page of both is taken. */
const deliveries = (names: Names): string => `
  with ${known(names)}, pending as (
    ${pending(names, "and s.identity > coalesce($3::text, '')")}
    where $5::text[] is null or case when q.expires_at > k.now_ms or ((q.ended is null or q.ended < h.lease) and h.until > k.now_ms)
      then 'p' else 'f' end = any($5::text[])
    order by q.identity limit $4::bigint
  ),
  ended as (
    select o.identity, o.attempts, o.state::text as state, o.code, o.reason from ${table(names, "outcomes")} o
    where o.message = (select message from known where is_told) and o.identity > coalesce($3::text, '')
      and ($5::text[] is null or o.state::text = any($5::text[]))
    order by o.identity limit $4::bigint
  )
  select identity, state, code, reason, attempts from (
    select identity, state, case state when 'f' then 'EXPIRED' end as code,
      case state when 'f' then 'nobody had handled it when its time to live was over' end as reason, attempts from pending
    union all
    select identity, state, code, reason, attempts from ended
  ) a order by identity limit $4::bigint`;
