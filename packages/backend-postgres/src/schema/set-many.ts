/**
 * `set_many(ns, max, lock, identities, documents, attempts, modes, epochs, revisions, ttls, sessions, addresses, bounds)`:
 * the contract's `setMany`, for one batch.
 *
 * Arrays have an element for each entry. `modes`: `c` create, `r` replace, `e` the life with the epoch in `epochs`, and the
 * revision in `revisions` where that is not null. `max` is the quota, or null; `lock` the advisory lock of who has one.
 *
 * Answers a row for each entry that was decided, `n` counting from 1:
 *
 * | verdict | | columns |
 * |---|---|---|
 * | `n` | it was written | `epoch` … `expires_at` |
 * | `a` | this attempt has stored it before | all |
 * | `x`, `f`, `c` | refused: exists, fenced, conflict | all, of what stands in the way; `f` of none: nothing |
 * | `s`, `q` | refused: session, quota | none |
 *
 * No row: somebody else has written that identity at the same moment; nothing was done, and it can be asked again.
 *
 * Atomic, because it is one transaction of several statements, each of which sees what was committed before it. (1) With a
 * quota, writers of a namespace take turns. (2) The records of sessions that keep something alive are locked against their
 * end, so that whoever reaps one finds what was bound to it. (3) Rows that stand are locked, in order; the clock is read
 * behind that. (4) All is decided and written in one statement. A row that came between (3) and (4) is not locked: what
 * is written there must find it as it was when it was decided. (5) Metadata is stored for what was written.
 */

import type { Names } from "../keys.ts";
import { BY_INDEX, LIVE, LOCK_ORDER, standing } from "./locking.ts";

const DECLARATION = (names: Names): string => `
create function ${names.call("set_many")}(
  ns text, max bigint, lock bigint, identities text[], documents jsonb[], attempts text[], modes text[], epochs bigint[],
  revisions bigint[], ttls bigint[], sessions text[], addresses text[], bounds boolean[]
) returns table (
  n bigint, verdict text, epoch bigint, revision bigint, registered_at bigint, expires_at bigint, ttl_ms bigint,
  session text, address text, attempt text, metadata jsonb
) language plpgsql ${BY_INDEX}`;

/** Locks and measures. */
const PREPARATION = (names: Names): string => `
  if max is not null then
    perform pg_advisory_xact_lock(hashtextextended(ns, lock));
  end if;
  wanted := array(select distinct '$session/' || s from unnest(sessions, bounds) as e(s, bound) where bound and s is not null);
  if cardinality(wanted) > 0 then
    perform from ${names.registrations} r where r.namespace = ns and r.identity = any(wanted) order by r.identity for key share;
  end if;
  perform from ${names.registrations} r where r.namespace = ns and r.identity = any(identities)
    order by ${LOCK_ORDER} for no key update;
  now_ms := ${names.call("clock_ms")}();
  if cardinality(wanted) > 0 then
    living := array(select r.identity from ${names.registrations} r where r.namespace = ns and r.identity = any(wanted) and ${LIVE});
  end if;
  if max is not null then
    select max - count(*) into room from ${names.registrations} r
      where r.namespace = ns and r.buried_at is null and not starts_with(r.identity, '$session/');
  end if;`;

/** What becomes of each entry; `old_…` is what stands. */
const JUDGEMENT = (names: Names): string => `
  entry as (
    select * from unnest(identities, documents, attempts, modes, epochs, revisions, ttls, sessions, addresses, bounds)
      with ordinality as e(identity, document, attempt, mode, epoch, revision, ttl_ms, session, address, bound, n)
  ),
  seen as (
    select e.*, r.identity is not null as known, r.identity is not null and ${LIVE} as live, r.epoch as old_epoch,
      r.revision as old_revision, r.registered_at as old_registered_at, r.expires_at as old_expires_at, r.ttl_ms as old_ttl_ms,
      r.session as old_session, r.address as old_address, r.attempt as old_attempt, r.buried_at as old_buried_at,
      case when not e.bound and e.ttl_ms is not null then now_ms + e.ttl_ms end as expires_at,
      (r.identity is null or r.buried_at is not null) and not starts_with(e.identity, '$session/') as takes_room
    from entry e left join ${standing(names, "e.identity")} on true
  ),
  decided as (
    select s.*, case
      when live and old_attempt = s.attempt then 'a'
      when bound and not coalesce('$session/' || s.session = any(living), false) then 's'
      when mode = 'e' then case
        when not live or old_epoch <> s.epoch then 'f'
        when old_revision <> s.revision then 'c'
        else 'w' end
      when mode = 'c' and live and (
        select true from ${names.registrations} r
        where r.namespace = ns and r.identity = '$session/' || old_session and ${LIVE} limit 1
      ) then 'x'
      else 'n' end as verdict
    from seen s
  ),
  judged as materialized (
    select d.*, case
      when d.verdict = 'n' and takes_room
        and row_number() over (partition by d.verdict = 'n' and takes_room order by d.n) > room then 'q'
      else d.verdict end as final
    from decided d
  )`;

/** Who is refused, or has been stored before; the others are written beside it. */
const WRITING = (names: Names): string => `
  changed as (
    update ${names.registrations} r set
      epoch = case j.final when 'w' then r.epoch else nextval('${names.epochs}') end,
      revision = case j.final when 'w' then r.revision + 1 else 1 end,
      registered_at = case j.final when 'w' then r.registered_at else now_ms end,
      expires_at = case when j.final = 'w' and r.session_bound = j.bound then r.expires_at else j.expires_at end,
      ttl_ms = j.ttl_ms, session = j.session, session_bound = j.bound, address = j.address, attempt = j.attempt,
      buried_at = null, claimed_until = null
    from judged j
    where j.known and j.final in ('n', 'w') and r.namespace = ns and r.identity = j.identity
      and r.epoch = j.old_epoch and r.revision = j.old_revision and r.buried_at is not distinct from j.old_buried_at
  ),
  added as (
    insert into ${names.registrations}
      (namespace, identity, epoch, revision, registered_at, expires_at, ttl_ms, session, session_bound, address, attempt)
    select ns, j.identity, nextval('${names.epochs}'), 1, now_ms, j.expires_at, j.ttl_ms, j.session, j.bound, j.address, j.attempt
    from judged j where not j.known and j.final = 'n' order by j.identity
    on conflict do nothing
  )
  select j.n, j.final, m.old_epoch, m.old_revision, m.old_registered_at, m.old_expires_at, m.old_ttl_ms, m.old_session,
    m.old_address, m.old_attempt, m.metadata
  from judged j left join lateral (
    select j.old_epoch, j.old_revision, j.old_registered_at, j.old_expires_at, j.old_ttl_ms, j.old_session, j.old_address,
      j.old_attempt, d.metadata
    from ${names.metadata} d
    where d.namespace = ns and d.identity = j.identity and j.live and j.final in ('a', 'x', 'f', 'c')
  ) m on true
  where j.final not in ('n', 'w')`;

/** What this transaction has written, and its metadata. */
const DESCRIPTION = (names: Names): string => `
  written as materialized (
    select e.n, e.identity, e.document, r.epoch, r.revision, r.registered_at, r.expires_at
    from unnest(identities, documents) with ordinality as e(identity, document, n)
    cross join ${standing(names, "e.identity")}
    where r.written_by = pg_current_xact_id()::xid
  ),
  described as (
    insert into ${names.metadata} as m (namespace, identity, metadata)
    select ns, w.identity, w.document from written w order by w.identity
    on conflict on constraint metadata_pkey do update set metadata = excluded.metadata
  )
  select w.n, 'n', w.epoch, w.revision, w.registered_at, w.expires_at, null::bigint, null::text, null::text, null::text, null::jsonb
  from written w`;

export function setManyFunction(names: Names): string {
  return `${DECLARATION(names)} as $$
#variable_conflict use_column
declare
  now_ms bigint;
  room bigint;
  wanted text[];
  living text[];
begin${PREPARATION(names)}
  return query with${JUDGEMENT(names)},${WRITING(names)};
  return query with${DESCRIPTION(names)};
end $$`;
}
