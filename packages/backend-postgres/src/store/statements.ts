/** What is sent, but for scans, whose filters differ. `$1` is the namespace. Named by the method they serve. */

import { REGISTRATION_COLUMNS } from "../codec.ts";
import type { Names } from "../keys.ts";

export interface Statements {
  /** See `set_many` for arguments and answer. */
  readonly setMany: string;
  /** See `renew_many`. */
  readonly renewMany: string;
  /** See `delete_many`. */
  readonly deleteMany: string;
  /** See `confirm_many`. */
  readonly confirmMany: string;
  /** `$2` identities. A registration for each of those that live, in any order. */
  readonly getMany: string;
  readonly reap: string;
  /** How many are counted, and how many of these have expired. */
  readonly census: string;
}

/** When the statement began, as `now_ms` has it; written out, for the server reads a function anew in each statement. */
const NOW = "(select floor(extract(epoch from statement_timestamp()) * 1000)::bigint)";

/** Of a row of registrations, when the statement began. */
const isLive = (row: string): string =>
  `${row}.buried_at is null and (${row}.expires_at is null or ${row}.expires_at > ${NOW})`;
export const IS_LIVE: string = isLive("r");

/** As two ranges, of which the server knows how much lies in them. */
export const isNoSession = (identity: string): string => `(${identity} < '$session/' or ${identity} >= '$session0')`;

/**
 * How the other row of an identity is found, for each row that has been found: by its key. A join would leave the way to the
 * server, which takes any way while it knows nothing yet of what a table holds, and some take seconds.
 */
export const withMetadata = (names: Names): string => `cross join lateral (
  select d.namespace, d.identity, d.metadata from ${names.metadata} d
  where d.namespace = r.namespace and d.identity = r.identity limit 1) m`;
/** Of those who live. */
export const withRegistration = (names: Names): string => `cross join lateral (select s.* from ${names.registrations} s
  where s.namespace = m.namespace and s.identity = m.identity and ${isLive("s")} limit 1) r`;

export function statementsIn(names: Names): Statements {
  return Object.freeze({
    setMany: `select * from ${names.call("set_many")}($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13)`,
    renewMany: `select * from ${names.call("renew_many")}($1, $2, $3, $4, $5)`,
    deleteMany: `select * from ${names.call("delete_many")}($1, $2, $3, $4)`,
    confirmMany: `select ${names.call("confirm_many")}($1, $2, $3, $4)`,
    getMany: `select ${REGISTRATION_COLUMNS} from unnest($2::text[]) as a(identity) cross join lateral (
        select s.* from ${names.registrations} s where s.namespace = $1 and s.identity = a.identity limit 1) r
      ${withMetadata(names)} where ${IS_LIVE}`,
    reap: reap(names),
    census: census(names),
  });
}

/**
 * `$2`: where fewer have expired, nobody else is counted. Each process of a namespace asks once a second.
 *
 * The instant is written out, so that the server knows how few have expired by then, and finds them by their index.
 */
function census(names: Names): string {
  const counted = `select count(*) as number from ${names.registrations} r
    where r.namespace = $1 and r.buried_at is null and ${isNoSession("r.identity")}`;
  return `with expired as materialized (
      ${counted} and r.expires_at <= floor(extract(epoch from statement_timestamp()) * 1000)::bigint
    )
    select case when number < $2::bigint then number else (${counted}) end, number from expired`;
}

/**
 * `$2` limit, `$3` for how long a claim holds, `$4` the grace. Answers the step and the registration of each, oldest first.
 *
 * Atomic, because rows are locked as they are found, and looked at once more when they are: who has been renewed, taken over
 * or claimed meanwhile is passed over, and so is whoever is being written right now. A session that somebody is binding
 * something to is locked, and is claimed when that can be seen.
 */
function reap(names: Names): string {
  const found = (step: string, due: string, where: string): string => `
    select r.identity, '${step}' as step, ${due} as due_at from ${names.registrations} r
    where r.namespace = $1 and ${where} and (r.claimed_until is null or r.claimed_until <= (select at from clock))
    order by ${due} limit $2::bigint for update skip locked`;
  return `with clock as materialized (select ${NOW} as at),
    expired as materialized (${found("expired", "r.expires_at", "r.buried_at is null and r.expires_at <= (select at from clock)")}),
    buried as materialized (${found("over", "r.buried_at", "r.buried_at <= (select at from clock) - $4::bigint")}),
    due as materialized (
      select identity, step, due_at from expired union all select identity, step, due_at + $4::bigint from buried
      order by due_at limit $2::bigint
    ),
    claimed as (
      update ${names.registrations} r set claimed_until = (select at from clock) + $3::bigint
      from due where r.namespace = $1 and r.identity = due.identity
      returning r.*, due.step, due.due_at
    )
    select r.step, ${REGISTRATION_COLUMNS}
    from claimed r ${withMetadata(names)}
    order by r.due_at, r.epoch`;
}
