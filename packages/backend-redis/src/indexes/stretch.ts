/** Members of one sorted set that stand in the order of their identities, so that they can be read page by page. */

import { compareStrings } from "@muster/filter";
import type { Lookup } from "../filter.ts";
import type { RegistryKeys } from "../keys.ts";
import type { CatalogueState } from "./catalogue-state.ts";
import { type Range, singleValue } from "./ranges.ts";

/** The entries of one value in an index, or a range of the order of identities. */
export interface Stretch {
  /** Of the set. */
  readonly key: string;
  /** What each member has in front of its identity. */
  readonly prefix: string;
  readonly range: Range;
}

/** Whether all that is found stands in one stretch. */
export function isInOrder(lookups: readonly Lookup[]): boolean {
  const [lookup, another] = lookups;
  if (lookup === undefined || another !== undefined || lookup.ranges.length !== 1) return false;
  return lookup.index === "order" || singleValue(lookup.ranges) !== undefined;
}

/** `undefined`: what is found is not in order. */
export function stretchOf(
  lookups: readonly Lookup[],
  { order }: RegistryKeys,
  { indexKeys }: CatalogueState,
): Stretch | undefined {
  const [lookup] = lookups;
  const range = lookup?.ranges[0];
  if (lookup === undefined || range === undefined || !isInOrder(lookups)) return undefined;
  if (lookup.index === "order") return { key: order, prefix: "", range };
  return { key: indexKeys[lookup.index] ?? "", prefix: range.min, range };
}

/** What of it lies behind an identity, or behind the empty text: where it would begin behind its end, nothing does. */
export function rangeBehind({ prefix, range: { min, max } }: Stretch, after: string): Range {
  // Nothing lies between an identity and itself with a NUL behind.
  const behind = after === "" ? prefix : `${prefix}${after}\0`;
  return { min: compareStrings(behind, min) > 0 ? behind : min, max };
}
