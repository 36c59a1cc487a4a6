import type { FilterInput } from "@muster/filter";
import type { Context } from "./context.ts";
import { countSelected } from "./count.ts";
import { type CursorScope, decodeCursor, encodeCursor } from "./query/cursor.ts";
import { toFilter } from "./input/filters.ts";
import type { EnumerateOptions, Page } from "./fleet.ts";
import { readPageOptions } from "./input/page-options.ts";
import { toRegisteredIdentities } from "./query/registered-identity.ts";
import { select } from "./query/selection.ts";
import type { Call } from "./slots/index.ts";
import { identityWindow, sortedWindow } from "./query/window.ts";

const SOURCE = "core.enumerate";

/**
 * One page of those who match, in the order asked for. `nextCursor` is absent exactly when nothing more matched.
 *
 * Under `sortBy` whoever's sort key changes between two pages may appear on both or on neither.
 *
 * @throws INVALID_FILTER, FILTER_TOO_COMPLEX, INVALID_ARGUMENT, INVALID_CURSOR
 */
export async function enumerate(
  context: Context,
  filterInput: FilterInput | null | undefined,
  options: EnumerateOptions,
  call: Call,
): Promise<Page> {
  const filter = toFilter(filterInput, context.schema, SOURCE);
  const { keys, limit, offset, view, isCounted } = readPageOptions(options, context.limits);
  const scope: CursorScope = { namespace: context.namespace, filter, keys };
  const behind = options.cursor === undefined ? undefined : decodeCursor(scope, options.cursor, SOURCE);
  const selection = select(context, filter);
  const query = { behind, offset, limit, keys, needsMetadata: view !== undefined };
  const window =
    keys.length === 0
      ? await identityWindow(context, selection, query, call)
      : await sortedWindow(context, selection, query, call);
  const identities = await toRegisteredIdentities(context, window.found, view, call);
  const page = { identities, ...(window.hasMore ? { nextCursor: encodeCursor(scope, window.end) } : {}) };
  if (!isCounted) return page;
  return { ...page, totalCount: window.totalCount ?? (await countSelected(context, selection, call)) };
}
