/** Whom a durable multicast is for. */

import type { Filter } from "@muster/filter";
import type { Context } from "../../context.ts";
import { select, type SelectedPage, selectedRoutes } from "../../query/selection.ts";
import type { Call, Route } from "../../slots/index.ts";
import { prefetched } from "../prefetch.ts";

/** Routes are small, and each page is a round trip that others wait for. */
const PAGE_SIZE = 2_500;

export type TargetPages = AsyncIterable<SelectedPage<Route>>;

/** @param targets `undefined`: everyone. */
export function targetPages(context: Context, targets: Filter | undefined, call: Call): TargetPages {
  return prefetched(selectedRoutes(context, select(context, targets), { pageSize: PAGE_SIZE }, call));
}

/**
 * The same pages, of which the first is fetched while the record is written, and handed out when it has been.
 *
 * @throws what `recorded` rejects with, then what the pages throw.
 */
export async function* onceRecorded(
  recorded: Promise<unknown>,
  source: TargetPages,
): AsyncGenerator<SelectedPage<Route>, void, undefined> {
  const pages = source[Symbol.asyncIterator]();
  const first = pages.next();
  first.catch(() => undefined); // Thrown when it is awaited, or not at all where there is no record.
  try {
    await recorded;
    for (let page = await first; page.done !== true; page = await pages.next()) yield page.value;
  } finally {
    await pages.return?.();
  }
}
