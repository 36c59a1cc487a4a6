/**
 * What is sent. Functions tell in `schema/outbox/` what they take and answer. Statements that run on a connection of the
 * caller answer one text, called `answer`: his driver may read every other type in a way of its own.
 */

import type { Names } from "../keys.ts";
import { table } from "../schema/outbox/tables.ts";

export interface Statements {
  /** `$1` number of the namespace, `$2` how many. */
  readonly addShards: string;
  /**
   * On the caller's connection, with so many parcels: behind the arguments of the function, or the number of the multicast and
   * how many recipients it has in all or null, come shard, identities and epochs of each.
   */
  record(parcels: number): string;
  extend(parcels: number): string;
  readonly recorded: string;
  /** `$1` number of the multicast. Answers what {@link find} does, as a JSON array of texts, and how many recipients it has. */
  readonly standing: string;
  /** `$1` what the statement begins with that is to be ended. */
  readonly cancel: string;
  readonly leaseShards: string;
  readonly releaseShards: string;
  readonly take: string;
  readonly settle: string;
  readonly backlog: string;
  /** `$1` number of the namespace, `$2` message id, `$3` retention in ms. */
  readonly find: string;
  /** As {@link find}. Answers recipients, delivered, failed. */
  readonly counts: string;
  /** As {@link find}; `$4` identity to begin behind, `$5` how many. */
  readonly deliveries: string;
  readonly expire: string;
  readonly forget: string;
}

const call = (names: Names, name: string, count: number): string =>
  `${names.call(name)}(${Array.from({ length: count }, (_, index) => `$${index + 1}`).join(", ")})`;

export function statementsIn(names: Names): Statements {
  return Object.freeze({
    addShards: `insert into ${table(names, "shards")} (space, shard) select $1::int, n from generate_series(0, $2::int - 1) as n
      on conflict do nothing`,
    record: (parcels: number) => record(names, parcels),
    extend: (parcels: number) => extend(names, parcels),
    recorded: `select ${call(names, "recorded_outbox", 2)} as answer`,
    standing: `select json_build_array(m.id, m.content_type, m.sent_at::text, case when m.once then 't' else 'f' end, m.reply_to,
        '\\x' || encode(m.payload, 'hex'), m.idempotency_key, m.digest, m.filter, m.ttl_ms::text, 't', m.started_at::text,
        m.targets::text)::text as answer
      from ${table(names, "multicasts")} m where m.multicast = $1`,
    cancel: `select pg_cancel_backend(a.pid) from pg_stat_activity a
      where a.datname = current_database() and a.state = 'active' and starts_with(a.query, $1)`,
    leaseShards: `select * from ${call(names, "lease_shards", 3)}`,
    releaseShards: `select ${call(names, "release_shards", 2)}`,
    take: `select * from ${call(names, "take_parcels", 5)}`,
    settle: `select * from ${call(names, "settle_parcels", 13)}`,
    backlog: `select * from ${call(names, "outbox_backlog", 1)}`,
    find: `select m.id, m.content_type, m.sent_at, m.once, m.reply_to, m.payload, m.idempotency_key, m.digest, m.filter, m.ttl_ms,
      true, m.started_at from ${known(names)} m`,
    counts: counts(names),
    deliveries: deliveries(names),
    expire: `select ${call(names, "expire_parcels", 3)}`,
    forget: `select ${call(names, "forget_ended", 3)}`,
  });
}

/** Parcels of `m`, whose parameters begin behind the first `before`. */
const added = (names: Names, parcels: number, before: number, m: string): string => {
  const rows = Array.from({ length: parcels }, (_, index) => before + 3 * index).map(
    (at) => `($${at + 1}::int, $${at + 2}::text[], $${at + 3}::bigint[])`,
  );
  return `
    insert into ${table(names, "parcels")} (parcel, multicast, expires_at, space, shard, count, first, last, epochs, identities)
    select nextval('${table(names, "turns")}'), m.multicast, m.expires_at, m.space, p.shard, cardinality(p.identities),
      p.identities[1], p.identities[cardinality(p.identities)], p.epochs, p.identities
    from ${m} cross join (values ${rows.join(", ")}) as p(shard, identities, epochs)`;
};

const record = (names: Names, parcels: number): string => `
  with begun as materialized (select * from ${call(names, "record_outbox", 15)})${
    parcels === 0
      ? ""
      : `,
  added as (${added(
    names,
    parcels,
    15,
    "(select own as multicast, now_ms + $11::bigint as expires_at, sp as space from begun where is_new) m",
  )})`
  }
  select case when own is not null then json_build_array(own, is_new, now_ms)::text end as answer from begun`;

const extend = (names: Names, parcels: number): string => `
  with whole as (update ${table(names, "multicasts")} set targets = $2::bigint where multicast = $1::bigint and $2::bigint is not null)
  ${
    parcels === 0
      ? "select"
      : added(names, parcels, 2, `(select * from ${table(names, "multicasts")} where multicast = $1::bigint) m`)
  }`;

/** The multicast, unless its retention is over. */
const known = (names: Names): string => `(
    select s.* from ${table(names, "multicasts")} s where s.space = $1 and s.id = $2 and not exists (
      select from ${table(names, "ends")} e where e.multicast = s.multicast and e.ended_at <= ${names.call("now_ms")}() - $3::bigint))`;

/** Whose time is over has failed, whether or not somebody has swept. */
const counts = (names: Names): string => `
  select m.targets,
    coalesce((select sum(o.count) from ${table(names, "outcomes")} o where o.multicast = m.multicast and o.state = 'd'), 0),
    coalesce((select sum(o.count) from ${table(names, "outcomes")} o where o.multicast = m.multicast and o.state = 'f'), 0)
      + coalesce((select sum(p.count) from ${table(names, "parcels")} p
          where p.multicast = m.multicast and p.expires_at <= ${names.call("now_ms")}()), 0)
  from ${known(names)} m`;

/** Of rows that begin behind the place where a page begins: as many are looked into for one page. */
const ROWS = 32;

/**
 * A page of those that wait and of those that have ended here. It ends before the first row that is not looked into, of which
 * there are as many as begin behind it; each of those before has somebody in it, so that a page that is empty is the last one.
 */
const deliveries = (names: Names): string => `
  with m as (select s.multicast, s.expires_at <= ${names.call("now_ms")}() as is_over from ${known(names)} s),
  edge as (
    select f.first from (
      (select p.first from ${table(names, "parcels")} p
        where p.multicast = (select multicast from m) and p.first > $4 order by p.first limit ${ROWS + 1})
      union all
      (select o.first from ${table(names, "outcomes")} o
        where o.multicast = (select multicast from m) and o.first > $4 order by o.first limit ${ROWS + 1})
    ) f order by f.first offset ${ROWS} limit 1
  )
  select t.identity, t.state, t.code, t.reason from (
    select unnest(p.identities) as identity, case when w.is_over then 'f' else 'p' end as state,
      case when w.is_over then 'EXPIRED' end as code, case when w.is_over then $6 end as reason
    from ${table(names, "parcels")} p cross join (select is_over from m) w
    where p.multicast = (select multicast from m) and p.last > $4 and (p.first < (select first from edge)) is not false
    union all
    select unnest(o.identities), o.state::text, o.code, o.reason from ${table(names, "outcomes")} o
    where o.multicast = (select multicast from m) and o.last > $4 and (o.first < (select first from edge)) is not false
  ) t where t.identity > $4 and (t.identity < (select first from edge)) is not false
  order by t.identity limit $5::bigint`;
