/** What the functions that write have in common. */

import type { Names } from "../keys.ts";

/**
 * The row of an identity, for each row that names one: by its key. A join would leave the way to the server, which takes any
 * way while it knows nothing yet of what a table holds.
 */
export function standing(names: Names, identity: string): string {
  return `lateral (
    select s.*, s.xmin as written_by from ${names.registrations} s where s.namespace = ns and s.identity = ${identity} limit 1) r`;
}

/**
 * How they are planned: row by row through the primary key, however small the tables were when a connection planned them
 * first, for it keeps the plan: what is cheap over ten rows takes seconds over a million. And once, not five times for the
 * arguments at hand, which make no difference.
 */
export const BY_INDEX: string = ["seqscan", "bitmapscan", "hashjoin", "mergejoin", "material", "memoize"]
  .map((way) => `set enable_${way} to off`)
  .concat("set plan_cache_mode to force_generic_plan")
  .join(" ");

/** The order in which rows are locked, the same for all, so that nobody waits in a circle: sessions first. */
export const LOCK_ORDER = "starts_with(r.identity, '$session/') desc, r.identity";

/** Of a row `r`, at `now_ms`. */
export const LIVE = "(r.buried_at is null and (r.expires_at is null or r.expires_at > now_ms))";
