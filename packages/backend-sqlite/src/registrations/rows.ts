/** How rows of registrations are read, and what is asked of them. */

/** What `routeIn` reads, of a row `r` of registrations. */
export const ROUTE_COLUMNS =
  "r.identity, r.epoch, r.session, r.address, r.registered_at, r.expires_at, r.ttl_ms, r.revision";

/** What `registrationIn` reads, of a row `r` of registrations and its row `m` of metadata. */
export const REGISTRATION_COLUMNS: string = `${ROUTE_COLUMNS}, r.attempt, m.document`;

/** The metadata of a row `r`. */
export const WITH_METADATA = "join muster_metadata m on m.namespace = r.namespace and m.identity = r.identity";

/** Of a row `r`; `now` as it stands in the statement. */
export function isLive(now: string): string {
  return `r.buried_at is null and (r.expires_at is null or r.expires_at > ${now})`;
}

/** In ASCII `0` comes right behind `/`. */
export const IS_NO_SESSION = "not (r.identity >= '$session/' and r.identity < '$session0')";
