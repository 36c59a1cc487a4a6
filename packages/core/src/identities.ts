import type { FilterInput } from "@muster/filter";
import type { Context } from "./context.ts";
import { toFilter } from "./input/filters.ts";
import type { EnumerateOptions, RegisteredIdentity } from "./fleet.ts";
import { viewOf } from "./input/page-options.ts";
import { toRegisteredIdentities } from "./query/registered-identity.ts";
import { select } from "./query/selection.ts";
import type { Call } from "./slots/index.ts";
import type { Position } from "./query/sort.ts";
import { identityWindow, MAX_SCAN_PAGE } from "./query/window.ts";

const SOURCE = "core.identities";

/** Runs the work of one page under a call of its own: how long the whole takes is up to whoever iterates. */
export type RunPage = <T>(work: (call: Call) => Promise<T>) => Promise<T>;

/**
 * All that match, in UTF-8 order of identity. Between two pages nothing is held open in the store.
 *
 * @throws INVALID_FILTER, FILTER_TOO_COMPLEX, INVALID_ARGUMENT at the first step.
 */
export async function* identities(
  context: Context,
  filterInput: FilterInput | null | undefined,
  options: Pick<EnumerateOptions, "includeMetadata" | "projection">,
  runPage: RunPage,
): AsyncGenerator<RegisteredIdentity, void, undefined> {
  const selection = select(context, toFilter(filterInput, context.schema, SOURCE));
  const view = viewOf(options, SOURCE);
  // With the one more that tells whether there are others it is one page of the registry.
  const limit = Math.min(context.limits.maxPageSize, MAX_SCAN_PAGE - 1);
  const query = { offset: 0, limit, needsMetadata: view !== undefined };
  let behind: Position | undefined;
  let hasMore = true;
  while (hasMore) {
    const page = await runPage(async (call) => {
      const window = await identityWindow(context, selection, { ...query, behind }, call);
      return { window, found: await toRegisteredIdentities(context, window.found, view, call) };
    });
    yield* page.found;
    behind = page.window.end;
    hasMore = page.window.hasMore;
  }
}
