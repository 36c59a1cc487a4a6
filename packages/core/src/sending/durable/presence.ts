import type { Context } from "../../context.ts";
import { isAttached } from "../../query/selection.ts";
import type { Route } from "../../slots/index.ts";

/**
 * Who can acknowledge it now, and who can't. Without a messaging slot nobody has an address, and whoever's session lives may
 * be asking for messages.
 */
export function sortedByPresence(
  { messaging }: Context,
  routes: readonly Route[],
  living: ReadonlySet<string>,
): readonly [attached: readonly Route[], offline: readonly Route[]] {
  const attached: Route[] = [];
  const offline: Route[] = [];
  for (const route of routes) {
    const { session } = route;
    const isHere = messaging === undefined ? session !== undefined && living.has(session) : isAttached(route, living);
    (isHere ? attached : offline).push(route);
  }
  return [attached, offline];
}
