import type { Context } from "../../context.ts";
import { isAttached, livingSessions } from "../../query/selection.ts";
import type { Call, Route } from "../../slots/index.ts";

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

/** Where those of them stand who are registered, with their sessions looked up. @throws what the registry throws. */
export async function standingOf(
  context: Context,
  identities: readonly string[],
  call: Call,
): Promise<{ readonly routes: readonly Route[]; readonly living: ReadonlySet<string> }> {
  const found = await context.registry.getMany(identities, call);
  const routes = found.filter((registration) => registration !== undefined);
  return { routes, living: await livingSessions(context, routes, call) };
}
