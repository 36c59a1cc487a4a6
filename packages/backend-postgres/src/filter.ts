/**
 * Filters as SQL: what of a filter the server selects by itself, and the conditions that select it. Values travel as
 * parameters, never as text of a statement. Nothing here knows a server: the same filter gives the same answer.
 *
 * Conditions are about a row `r` of registrations and its row `m` of metadata. Their meaning is the evaluator's: a value of
 * another type, or none at all, makes a comparison false, and under a negation it must really be false, not null.
 */

import { type Filter, type Leaf, regexPrefix, type SplitFilter, splitFilter } from "@muster/filter";
import { comparison } from "./selection/comparisons.ts";
import { fieldLookup, identityLookup, type Lookup } from "./selection/lookups.ts";
import type { Parameters } from "./selection/parameters.ts";
import { boxOf } from "./selection/places.ts";
import type { Target, Writing } from "./selection/writing.ts";

/**
 * What the server selects exactly, and what is left for the evaluator: patterns and versions, whose engines and order are
 * not the server's, and places, of which the server finds candidates in a box.
 */
export function split(filter: Filter): SplitFilter {
  return splitFilter(filter, pushed);
}

const ABOUT_IDENTITY: ReadonlySet<string> = new Set(["eq", "in", "startswith", "lt", "lte", "gt", "gte"]);
const ORDERS: ReadonlySet<string> = new Set(["lt", "lte", "gt", "gte"]);
const BY_VERSION: ReadonlySet<string> = new Set(["eq", "ne", "in", "nin", ...ORDERS]);

function pushed(leaf: Leaf): boolean | Filter {
  if ("about" in leaf) {
    if (leaf.about === "identity") return ABOUT_IDENTITY.has(leaf.op);
    return leaf.about === "registeredAt" && ORDERS.has(leaf.op);
  }
  if (leaf.as === "semver" && BY_VERSION.has(leaf.op)) return false;
  if (leaf.op === "regex") {
    const prefix = typeof leaf.value === "string" ? regexPrefix(leaf.value) : undefined;
    return prefix === undefined ? false : { op: "startswith", path: leaf.path, value: prefix };
  }
  if (leaf.op === "near" || leaf.op === "within") return boxOf(leaf.path, leaf.op, leaf.value);
  return true;
}

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
    case "or":
      return `(${filter.nodes.map((node) => written(node, writing)).join(` ${filter.op} `)})`;
    case "not":
      return `(not ${written(filter.node, { ...writing, isNegated: true })})`;
    default:
      return leafCondition(filter, writing);
  }
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
