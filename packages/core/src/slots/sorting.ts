/**
 * The order of a sorted enumeration, and the facet of registries that give pages of it themselves.
 *
 * Values of different types stand in the order null < false < true < numbers < strings < objects and arrays. Numbers are
 * compared as numbers, strings by code points; objects and arrays are all equal. Who has no such value comes last, ascending
 * or descending. Later criteria decide between those who are equal by earlier ones, and the identity, ascending, between
 * those who are equal by all: no two registrations have the same place.
 */

import { compareStrings, compareValues, type Filter, type JsonValue, type Path, readPath } from "@muster/filter";
import type { Call } from "./backend.ts";
import type { Registration } from "./registration.ts";

/** What an order looks at: a field of the metadata, or a fact beside it. */
export type SortCriterion =
  | { readonly path: Path; readonly isDescending: boolean }
  | { readonly about: "identity" | "registeredAt"; readonly isDescending: boolean };

/** A place in an order. */
export interface Position {
  /** By criterion, what stands there; `undefined` is a field that is absent. */
  readonly values: readonly (JsonValue | undefined)[];
  readonly identity: string;
}

export interface SortQuery {
  /** The first decides first; at least one. */
  readonly by: readonly SortCriterion[];
  /** Begin behind this place (exclusive), at which nobody need stand; absent: at the start. */
  readonly behind?: Position;
  /** Most registrations that are wanted, from 1. */
  readonly limit: number;
  /** What `split` of the filter facet has given without a residual; absent: all. */
  readonly filter?: Filter;
}

export interface SortFacet {
  /**
   * The first `limit` of those who live and are selected, in order; fewer: nobody comes behind them. Sessions are none of
   * them. Whoever comes, goes or is changed meanwhile may be among them or not, and stands where it did before or after that.
   *
   * @throws INVALID_ARGUMENT: `limit` is below 1. UNAVAILABLE, TIMEOUT, ABORTED, CLOSED.
   */
  first(query: SortQuery, call: Call): Promise<readonly Registration[]>;
}

/** What a place is read from: metadata only where a criterion looks at it. */
export type Placed = Pick<Registration, "identity" | "registeredAt"> & Partial<Pick<Registration, "metadata">>;

/** Where it stands by these criteria. */
export function positionOf(one: Placed, by: readonly SortCriterion[]): Position {
  return { values: by.map((criterion) => valueBy(criterion, one)), identity: one.identity };
}

/** Below 0: `a` comes first. */
export function comparePositions(by: readonly SortCriterion[], a: Position, b: Position): number {
  for (const [index, { isDescending }] of by.entries()) {
    const [x, y] = [a.values[index], b.values[index]];
    if (x === undefined || y === undefined) {
      if (x !== y) return x === undefined ? 1 : -1;
      continue;
    }
    const order = compareValues(x, y);
    if (order !== 0) return isDescending ? -order : order;
  }
  return compareStrings(a.identity, b.identity);
}

function valueBy(criterion: SortCriterion, { identity, registeredAt, metadata = {} }: Placed): JsonValue | undefined {
  if ("path" in criterion) return readPath(metadata, criterion.path);
  return criterion.about === "identity" ? identity : registeredAt;
}
