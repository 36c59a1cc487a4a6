/**
 * Filters as SQL: what of a filter the server selects by itself, and the conditions that select it. Values travel as
 * parameters, never as text of a statement. Nothing here knows a server: the same filter gives the same answer.
 *
 * Conditions are about a row `r` of registrations and its row `m` of metadata. Their meaning is the evaluator's: a value of
 * another type, or none at all, makes a comparison false, and under a negation it must really be false, not null.
 */

import type { Filter, Leaf } from "@muster/filter";
import { comparison } from "./selection/comparisons.ts";
import { fieldLookup, identityLookup, type Lookup, placeLookup } from "./selection/lookups.ts";
import type { Parameters } from "./selection/parameters.ts";
import type { Target, Writing } from "./selection/writing.ts";

/** Whether a native part looks at metadata; otherwise it is enough to read registrations. */
export function readsMetadata(filter: Filter): boolean {
  if (filter.op === "and" || filter.op === "or") return filter.nodes.some(readsMetadata);
  return filter.op === "not" ? readsMetadata(filter.node) : "path" in filter;
}

/** The condition that selects a native part; parameters are added as it needs them. */
export function conditionOf(filter: Filter, target: Target, parameters: Parameters): string {
  return written(filter, { ...target, parameters, isNegated: false });
}

function written(filter: Filter, writing: Writing): string {
  switch (filter.op) {
    case "and":
      return joined(filter.op, [
        ...placesFor(filter.nodes, writing),
        ...filter.nodes.map((node) => written(node, writing)),
      ]);
    case "or":
      return joined(
        filter.op,
        filter.nodes.map((node) => written(node, writing)),
      );
    case "not":
      return `(not ${written(filter.node, { ...writing, isNegated: true })})`;
    default:
      return leafCondition(filter, writing);
  }
}

function joined(op: "and" | "or", conditions: readonly string[]): string {
  return `(${conditions.join(` ${op} `)})`;
}

function placesFor(nodes: readonly Filter[], writing: Writing): readonly string[] {
  if (writing.isNegated || writing.first !== "metadata") return [];
  return [placeLookup(nodes, writing) ?? []].flat();
}

function leafCondition(leaf: Leaf, writing: Writing): string {
  if (writing.isNegated) return `coalesce(${comparison(leaf, writing)}, false)`;
  const lookup = lookupFor(leaf, writing);
  if (lookup === undefined) return comparison(leaf, writing);
  return lookup.isExact ? lookup.condition : `(${lookup.condition} and ${comparison(leaf, writing)})`;
}

function lookupFor(leaf: Leaf, writing: Writing): Lookup | undefined {
  if ("about" in leaf) return identityLookup(leaf, writing);
  return writing.first === "metadata" ? fieldLookup(leaf, writing) : undefined;
}
