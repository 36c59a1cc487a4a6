/** One window of an order: what `offset` skips and `limit` takes behind a position, and whether there is more. */

import type { Context } from "../context.ts";
import { type Found, PAGE_SIZE, type Selection, selectedFor } from "./selection.ts";
import {
  BoundedHeap,
  type Call,
  comparePositions,
  type Position,
  positionOf,
  type SortFacet,
  type SortQuery,
} from "../slots/index.ts";
import { retry } from "../tasks/retry.ts";
import { readsField, type SortKey } from "./sort.ts";

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

type SortedQuery = WindowQuery & { readonly keys: readonly SortKey[] };

/** In the order of `keys`: by the registry where it can sort and selects all by itself, else by reading everything. */
export async function sortedWindow(
  context: Context,
  selection: Selection,
  query: SortedQuery,
  call: Call,
): Promise<Window> {
  const { sorts } = context.registry;
  const isWhole = selection.residual === undefined;
  return sorts !== undefined && isWhole
    ? await nativeWindow(sorts, selection, query, call)
    : await readWindow(context, selection, query, call);
}

async function nativeWindow(
  sorts: SortFacet,
  { native }: Selection,
  { behind, offset, limit, keys }: SortedQuery,
  call: Call,
): Promise<Window> {
  const wanted = offset + limit;
  const query: SortQuery = {
    by: keys,
    limit: wanted + 1,
    ...(behind === undefined ? {} : { behind }),
    ...(native === undefined ? {} : { filter: native }),
  };
  const first = await retry(call, "core.enumerate", () => sorts.first(query, call));
  return windowOf(
    first.map((found) => ({ ...positionOf(found, keys), found })),
    { behind, offset, wanted },
  );
}

interface Entry extends Position {
  readonly found: Found;
}

/** Reads everything, keeps no more than the window, and counts while it is there. */
async function readWindow(
  context: Context,
  selection: Selection,
  { behind, offset, limit, keys, needsMetadata }: SortedQuery,
  call: Call,
): Promise<Window> {
  const wanted = offset + limit;
  const compare = (a: Position, b: Position): number => comparePositions(keys, a, b);
  const heap = new BoundedHeap<Entry>(wanted + 1, compare);
  const readsMetadata = needsMetadata || keys.some(readsField);
  let totalCount = 0;
  for await (const { selected } of selectedFor(readsMetadata, context, selection, {}, call)) {
    totalCount += selected.length;
    for (const found of selected) {
      const entry = { ...positionOf(found, keys), found };
      if (behind === undefined || compare(entry, behind) > 0) heap.add(entry);
    }
  }
  return { ...windowOf(heap.sorted(), { behind, offset, wanted }), totalCount };
}

/** Of the first in order, one more than are wanted where there are. */
function windowOf(
  entries: readonly Entry[],
  { behind, offset, wanted }: Pick<WindowQuery, "behind" | "offset"> & { readonly wanted: number },
): Window {
  const taken = entries.slice(0, wanted);
  return {
    found: taken.slice(offset).map(({ found }) => found),
    end: taken.at(-1) ?? behind,
    hasMore: entries.length > wanted,
  };
}
