/** What a filter asks of the indexes. Nothing here knows a server: the same filter and fields give the same answer. */

import type { Filter, Leaf, Path } from "@muster/filter";
import { identityRanges, intersected, type Range, united, valueRanges } from "./indexes/ranges.ts";

/** What one index is asked for: the number of a field in the catalogue, or the order of identities. */
export interface Lookup {
  readonly index: number | "order";
  /** In ascending order and apart. */
  readonly ranges: readonly Range[];
}

/**
 * Where all that a filter selects is found: in the ranges of a lookup, in `anyOf` its parts, and in `allOf` them, so that
 * one of those is enough to look at.
 */
export type Narrowing = Lookup | { readonly anyOf: readonly Narrowing[] } | { readonly allOf: readonly Narrowing[] };

/**
 * How indexes narrow a filter; `undefined`: not at all. `fields` are the paths of the indexes by their numbers, nothing at
 * the numbers of those that must not be asked.
 *
 * Comparisons of one conjunction with one field are one lookup. A disjunction narrows when all of it does; a negation
 * never. Versions are not in order in an index, where equal ones may be written differently.
 */
export function narrowingOf(filter: Filter, fields: readonly (Path | undefined)[]): Narrowing | undefined {
  switch (filter.op) {
    case "and":
      return joined(
        "allOf",
        filter.nodes.flatMap((node) => narrowingOf(node, fields) ?? []),
      );
    case "or": {
      const parts = filter.nodes.flatMap((node) => narrowingOf(node, fields) ?? []);
      return parts.length === filter.nodes.length ? joined("anyOf", parts) : undefined;
    }
    case "not":
      return undefined;
    default:
      return lookupOf(filter, fields);
  }
}

/** Every lookup in it, none twice. */
export function lookupsOf(narrowing: Narrowing): readonly Lookup[] {
  if ("index" in narrowing) return [narrowing];
  return ("anyOf" in narrowing ? narrowing.anyOf : narrowing.allOf).flatMap(lookupsOf);
}

/** The lookups of one index become one. */
function joined(how: "anyOf" | "allOf", parts: readonly Narrowing[]): Narrowing | undefined {
  const join = how === "anyOf" ? (a: readonly Range[], b: readonly Range[]) => united([...a, ...b]) : intersected;
  const lookups = new Map<Lookup["index"], readonly Range[]>();
  for (const part of parts) {
    if (!("index" in part)) continue;
    const ranges = lookups.get(part.index);
    lookups.set(part.index, ranges === undefined ? part.ranges : join(ranges, part.ranges));
  }
  const all: readonly Narrowing[] = [
    ...Array.from(lookups, ([index, ranges]) => ({ index, ranges })),
    ...parts.filter((part) => !("index" in part)),
  ];
  if (all.length < 2) return all[0];
  return how === "anyOf" ? { anyOf: all } : { allOf: all };
}

function lookupOf(leaf: Leaf, fields: readonly (Path | undefined)[]): Lookup | undefined {
  const index = indexFor(leaf, fields);
  if (index === undefined) return undefined;
  const ranges = index === "order" ? identityRanges(leaf.op, leaf.value) : valueRanges(leaf.op, leaf.value);
  return ranges && { index, ranges };
}

function indexFor(leaf: Leaf, fields: readonly (Path | undefined)[]): Lookup["index"] | undefined {
  if ("about" in leaf) return leaf.about === "identity" ? "order" : undefined;
  if (leaf.as === "semver") return undefined;
  const number = fields.findIndex((path) => path !== undefined && isSamePath(path, leaf.path));
  return number < 0 ? undefined : number;
}

function isSamePath(a: Path, b: Path): boolean {
  return a.length === b.length && a.every((segment, i) => segment === b[i]);
}
