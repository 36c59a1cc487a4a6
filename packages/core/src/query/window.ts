/** One window of an order: what `offset` skips and `limit` takes behind a position, and whether there is more. */

import { BoundedHeap } from "./bounded-heap.ts";
import type { Context } from "../context.ts";
import { type Selection, selectedRecords } from "./selection.ts";
import type { Call, Registration } from "../slots/index.ts";
import { comparePositions, type Position, positionOf, type SortKey } from "./sort.ts";

const MAX_SCAN_PAGE = 1_000;

export interface WindowQuery {
  /** The window begins behind it; absent: at the start. */
  readonly behind: Position | undefined;
  readonly offset: number;
  readonly limit: number;
}

export interface Window {
  readonly registrations: readonly Registration[];
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
  const { behind, offset, limit } = query;
  const wanted = offset + limit;
  const pageSize = selection.residual === undefined ? Math.min(MAX_SCAN_PAGE, wanted + 1) : MAX_SCAN_PAGE;
  const after = behind === undefined ? {} : { after: behind.identity };
  const registrations: Registration[] = [];
  let end = behind;
  let seen = 0;
  for await (const { selected } of selectedRecords(context, selection, { ...after, pageSize }, call)) {
    for (const registration of selected) {
      if (seen === wanted) return { registrations, end, hasMore: true };
      seen += 1;
      end = positionOf(registration, []);
      if (seen > offset) registrations.push(registration);
    }
  }
  return { registrations, end, hasMore: false };
}

interface Entry extends Position {
  readonly registration: Registration;
}

/** In the order of `keys`: reads everything, keeps no more than the window, and counts while it is there. */
export async function sortedWindow(
  context: Context,
  selection: Selection,
  { behind, offset, limit, keys }: WindowQuery & { readonly keys: readonly SortKey[] },
  call: Call,
): Promise<Window> {
  const wanted = offset + limit;
  const compare = (a: Position, b: Position): number => comparePositions(keys, a, b);
  const heap = new BoundedHeap<Entry>(wanted + 1, compare);
  let totalCount = 0;
  for await (const { selected } of selectedRecords(context, selection, {}, call)) {
    totalCount += selected.length;
    for (const registration of selected) {
      const entry = { ...positionOf(registration, keys), registration };
      if (behind === undefined || compare(entry, behind) > 0) heap.add(entry);
    }
  }
  const entries = heap.sorted();
  const taken = entries.slice(0, wanted);
  return {
    registrations: taken.slice(offset).map(({ registration }) => registration),
    end: taken.at(-1) ?? behind,
    hasMore: entries.length > wanted,
    totalCount,
  };
}
