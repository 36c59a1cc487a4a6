/** One window of an order: what `offset` skips and `limit` takes behind a position, and whether there is more. */

import { BoundedHeap } from "./bounded-heap.ts";
import type { Context } from "../context.ts";
import { type Found, PAGE_SIZE, type Selection, selectedFor } from "./selection.ts";
import type { Call } from "../slots/index.ts";
import { comparePositions, type Position, positionOf, type SortKey } from "./sort.ts";

export interface WindowQuery {
  /** The window begins behind it; absent: at the start. */
  readonly behind: Position | undefined;
  readonly offset: number;
  readonly limit: number;
  /** Whether the metadata is handed out; without it routes are read, where neither filter nor order need more. */
  readonly needsMetadata: boolean;
}

export interface Window {
  readonly found: readonly Found[];
  /** Where the window ends; absent: it is empty, and at the start. */
  readonly end: Position | undefined;
  /** Something is behind it. */
  readonly hasMore: boolean;
  /** All that match, where the window was found by reading all. */
  readonly totalCount?: number;
}

/** In the order of identities: reads one registration further than asked for, and stops. */
export async function identityWindow(
  context: Context,
  selection: Selection,
  query: WindowQuery,
  call: Call,
): Promise<Window> {
  const { behind, offset, limit, needsMetadata } = query;
  const wanted = offset + limit;
  const pageSize = selection.residual === undefined ? Math.min(PAGE_SIZE, wanted + 1) : PAGE_SIZE;
  const after = behind === undefined ? {} : { after: behind.identity };
  const pages = selectedFor(needsMetadata, context, selection, { ...after, pageSize }, call);
  const found: Found[] = [];
  let end = behind;
  let seen = 0;
  for await (const { selected } of pages) {
    for (const one of selected) {
      if (seen === wanted) return { found, end, hasMore: true };
      seen += 1;
      end = positionOf(one, []);
      if (seen > offset) found.push(one);
    }
  }
  return { found, end, hasMore: false };
}

interface Entry extends Position {
  readonly found: Found;
}

/** In the order of `keys`: reads everything, keeps no more than the window, and counts while it is there. */
export async function sortedWindow(
  context: Context,
  selection: Selection,
  { behind, offset, limit, keys, needsMetadata }: WindowQuery & { readonly keys: readonly SortKey[] },
  call: Call,
): Promise<Window> {
  const wanted = offset + limit;
  const compare = (a: Position, b: Position): number => comparePositions(keys, a, b);
  const heap = new BoundedHeap<Entry>(wanted + 1, compare);
  const readsMetadata = needsMetadata || keys.some((key) => key.needsMetadata);
  let totalCount = 0;
  for await (const { selected } of selectedFor(readsMetadata, context, selection, {}, call)) {
    totalCount += selected.length;
    for (const found of selected) {
      const entry = { ...positionOf(found, keys), found };
      if (behind === undefined || compare(entry, behind) > 0) heap.add(entry);
    }
  }
  const entries = heap.sorted();
  const taken = entries.slice(0, wanted);
  return {
    found: taken.slice(offset).map(({ found }) => found),
    end: taken.at(-1) ?? behind,
    hasMore: entries.length > wanted,
    totalCount,
  };
}
