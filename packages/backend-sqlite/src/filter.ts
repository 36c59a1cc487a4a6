/**
 * Filters as SQL: the conditions that select a native part. Values travel as parameters, never as text of a statement. Nothing
 * here knows a file: the same filter gives the same answer.
 *
 * Conditions are about a row `r` of registrations and its row `m` of metadata. Their meaning is the evaluator's: a value of
 * another type, or none at all, makes a comparison false, and under a negation it must really be false, not null.
 */

import type { Filter } from "@muster/filter";
import { comparison } from "./selection/comparisons.ts";
import type { Parameters } from "./selection/parameters.ts";

/** Whether a native part looks at metadata; otherwise it is enough to read registrations. */
export function readsMetadata(filter: Filter): boolean {
  if (filter.op === "and" || filter.op === "or") return filter.nodes.some(readsMetadata);
  return filter.op === "not" ? readsMetadata(filter.node) : "path" in filter;
}

/** The condition that selects a native part; parameters are added as it needs them. */
export function conditionOf(filter: Filter, parameters: Parameters, isNegated = false): string {
  switch (filter.op) {
    case "and":
    case "or":
      return `(${filter.nodes.map((node) => conditionOf(node, parameters, isNegated)).join(` ${filter.op} `)})`;
    case "not":
      return `(not ${conditionOf(filter.node, parameters, true)})`;
    default: {
      const condition = comparison(filter, parameters);
      return isNegated ? `coalesce(${condition}, 0)` : condition;
    }
  }
}
