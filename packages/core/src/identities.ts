import type { FilterInput } from "@muster/filter";
import type { Context } from "./context.ts";
import { toFilter } from "./input/filters.ts";
import type { EnumerateOptions, RegisteredIdentity } from "./fleet.ts";
import { viewOf } from "./input/page-options.ts";
import { toRegisteredIdentities } from "./query/registered-identity.ts";
import {
  type Found,
  PAGE_SIZE,
  type SelectedPage,
  type SelectionQuery,
  select,
  selectedFor,
} from "./query/selection.ts";
import { OneByOne } from "./tasks/one-by-one.ts";
import type { RunPage } from "./tasks/run-page.ts";

const SOURCE = "core.identities";

/**
 * All that match, in UTF-8 order of identity. Between two pages nothing is held open in the store.
 *
 * @throws INVALID_FILTER, FILTER_TOO_COMPLEX, INVALID_ARGUMENT at the first step.
 */
export function identities(
  context: Context,
  filterInput: FilterInput | null | undefined,
  options: Pick<EnumerateOptions, "includeMetadata" | "projection">,
  runPage: RunPage,
): AsyncIterableIterator<RegisteredIdentity> {
  return new OneByOne(pages(context, filterInput, options, runPage));
}

async function* pages(
  context: Context,
  filterInput: FilterInput | null | undefined,
  options: Pick<EnumerateOptions, "includeMetadata" | "projection">,
  runPage: RunPage,
): AsyncGenerator<readonly RegisteredIdentity[], void, undefined> {
  const selection = select(context, toFilter(filterInput, context.schema, SOURCE));
  const view = viewOf(options, SOURCE);
  const limit = Math.min(context.limits.maxPageSize, PAGE_SIZE);
  const pageSize = selection.residual === undefined ? limit : PAGE_SIZE;
  let rest: SelectionQuery | undefined = { pageSize };
  while (rest !== undefined) {
    const query: SelectionQuery = rest;
    const page = await runPage(async (call) => {
      const { found, last } = await take(limit, selectedFor(view !== undefined, context, selection, query, call));
      return { found: await toRegisteredIdentities(context, found, view, call), last };
    });
    yield page.found;
    rest = page.last === undefined ? undefined : { pageSize, after: page.last };
  }
}

/** At least so many, and what came with them; `last`, behind which there may be more, is absent where that was all. */
async function take(
  count: number,
  pages: AsyncIterable<SelectedPage<Found>>,
): Promise<{ readonly found: readonly Found[]; readonly last: string | undefined }> {
  const found: Found[] = [];
  for await (const { selected, last } of pages) {
    for (const one of selected) found.push(one);
    if (found.length >= count) return { found, last };
  }
  return { found, last: undefined };
}
