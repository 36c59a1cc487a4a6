/** What the functions that write have in common. */

/**
 * How they are planned: row by row through the primary key, however small the tables were when a connection planned them
 * first, for it keeps the plan: what is cheap over ten rows takes seconds over a million.
 */
export const BY_INDEX: string = ["seqscan", "bitmapscan", "hashjoin", "mergejoin", "material"]
  .map((way) => `set enable_${way} to off`)
  .join(" ");

/** The order in which rows are locked, the same for all, so that nobody waits in a circle: sessions first. */
export const LOCK_ORDER = "starts_with(r.identity, '$session/') desc, r.identity";

/** Of a row `r`, at `now_ms`. */
export const LIVE = "(r.buried_at is null and (r.expires_at is null or r.expires_at > now_ms))";
