/**
 * `scan_registrations(ns, behind, most)`: rows of those who live and are no sessions, behind an identity, in order, at most so
 * many.
 *
 * One page costs what it holds, also before the server has looked at what a table holds: it takes a young one for so small
 * that it would sort all of it for each page.
 */

import type { Names } from "../keys.ts";
import { IS_LIVE, isNoSession } from "../store/statements.ts";
import { BY_INDEX } from "./locking.ts";

export function scanFunction(names: Names): string {
  return `
create function ${names.call("scan_registrations")}(ns text, behind text, most bigint)
returns setof ${names.registrations} language plpgsql stable ${BY_INDEX} as $$
begin
  return query select r.* from ${names.registrations} r
  where r.namespace = ns and r.identity > behind and ${isNoSession("r.identity")} and ${IS_LIVE}
  order by r.identity limit most;
end $$`;
}
