/**
 * Rows of the queue by their keys, many at a time: as JSON, which a statement takes apart. One statement for a thousand rows
 * takes a fraction of what a thousand statements take.
 */

import type { Row } from "../store/store.ts";

/** Identity and seq. */
export type Key = readonly [identity: string, seq: number, ...unknown[]];

/** Rows of the queue whose keys are in a parameter, which is the JSON of {@link Key}s; the one before it is the space. */
export function isIn(space: string, keys: string): string {
  return `(space, identity, seq) in (select ${space}, value ->> 0, value ->> 1 from json_each(${keys}))`;
}

/** Most that one dequeue hands out of one identity; so what is leased of it lies among its first so many rows. */
export const MAX_EACH = 1_000;

/** Of the rows `q` of one identity those among which it has leased ones. */
export function isInFront(identity: string): string {
  return `q.seq <= coalesce((select f.seq from muster_queue f where f.space = ?1 and f.identity = ${identity}
    order by f.seq limit 1 offset ${MAX_EACH - 1}), ${Number.MAX_SAFE_INTEGER})`;
}

/** What a statement has gathered with `json_group_array`. */
export function gathered<T>(row: Row | undefined): readonly T[] {
  const [json] = row ?? [];
  return typeof json === "string" ? (JSON.parse(json) as readonly T[]) : []; // As the statement has put it together.
}
