/** The first of many in an order, and no more of them in hand than that. */

import {
  BoundedHeap,
  comparePositions,
  type Position,
  positionOf,
  type Registration,
  type SortQuery,
} from "@muster/core/slots";

/** With where it stands. */
interface Placed {
  readonly registration: Registration;
  readonly at: Position;
}

/** Of those on all pages the first `limit` behind the place that the query names. */
export async function firstOf(
  pages: AsyncIterable<readonly Registration[]>,
  { by, behind, limit }: SortQuery,
): Promise<readonly Registration[]> {
  const first = new BoundedHeap<Placed>(limit, (a, b) => comparePositions(by, a.at, b.at));
  for await (const page of pages) {
    for (const registration of page) {
      const at = positionOf(registration, by);
      if (behind === undefined || comparePositions(by, at, behind) > 0) first.add({ registration, at });
    }
  }
  return first.sorted().map(({ registration }) => registration);
}
