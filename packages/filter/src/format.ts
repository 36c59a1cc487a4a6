import type { Filter, JsonObject } from "./ast.ts";
import { formatPath } from "./paths.ts";

/**
 * The canonical JSON spelling of a filter, always with explicit operators: `{ battery: { $lt: 0.2 } }`. This, not the
 * tree, is the form to store and send: `parseFilter` of it, with the same schema, gives an equal tree again.
 */
export function formatFilter(filter: Filter): JsonObject {
  switch (filter.op) {
    case "and":
    case "or":
      return { [`$${filter.op}`]: filter.nodes.map(formatFilter) };
    case "not":
      return { $not: formatFilter(filter.node) };
    default: {
      const key = "path" in filter ? formatPath(filter.path) : `$${filter.about}`;
      return Object.fromEntries([[key, { [`$${filter.op}`]: filter.value }]]);
    }
  }
}
