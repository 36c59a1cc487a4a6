/** What the functions that write have in common. */

/**
 * How they are planned: by indexes, however small the tables were when a connection planned them first; it keeps the plan.
 */
export const BY_INDEX = "set enable_seqscan to off set enable_hashjoin to off set enable_mergejoin to off";

/** The order in which rows are locked, the same for all, so that nobody waits in a circle: sessions first. */
export const LOCK_ORDER = "starts_with(r.identity, '$session/') desc, r.identity";

/** Of a row `r`, at `now_ms`. */
export const LIVE = "(r.buried_at is null and (r.expires_at is null or r.expires_at > now_ms))";
