import type { AndNode, Filter, JsonObject, JsonValue, Leaf, OrNode } from "./ast.ts";
import { canonicalJson, isObject } from "./json.ts";
import { compareStrings } from "./order.ts";

const made = new WeakSet<object>();

/** Whether this very object was made, checked and frozen by this package. */
export function isFilter(value: unknown): value is Filter {
  return typeof value === "object" && value !== null && made.has(value);
}

/** Freezes a checked comparison. */
export function leaf<L extends Leaf>(comparison: L): L {
  freeze(comparison.value);
  if ("path" in comparison) Object.freeze(comparison.path);
  return brand(comparison);
}

/** The conjunction of one or more filters. */
export function allOf(filters: readonly Filter[]): Filter {
  return combine("and", filters);
}

/** The disjunction of one or more filters. */
export function anyOf(filters: readonly Filter[]): Filter {
  return combine("or", filters);
}

/** The negation; a negated negation is the filter itself. */
export function negate(node: Filter): Filter {
  return node.op === "not" ? node.node : brand({ op: "not", node });
}

/** Values without duplicates, in the order of their canonical text. */
export function distinctValues(values: readonly JsonValue[]): readonly JsonValue[] {
  return sortedBy(values, canonicalJson);
}

function combine(op: "and" | "or", filters: readonly Filter[]): Filter {
  const [first] = filters;
  if (first !== undefined && first.op !== op && filters.length === 1) return first;
  const flat = filters.flatMap((node) => (node.op === op ? node.nodes : [node]));
  const nodes = Object.freeze(sortedBy(flat, (node) => canonicalJson(plain(node))));
  const [only] = nodes;
  if (only !== undefined && nodes.length === 1) return only;
  return brand<AndNode | OrNode>({ op, nodes });
}

function sortedBy<T>(items: readonly T[], text: (item: T) => string): readonly T[] {
  const byText = new Map(items.map((item) => [text(item), item]));
  return [...byText].sort(([a], [b]) => compareStrings(a, b)).map(([, item]) => item);
}

/** A filter is plain JSON; interfaces have no index signature, so the compiler has to be shown. */
function plain(node: Filter): JsonObject {
  if (node.op === "and" || node.op === "or") return { op: node.op, nodes: node.nodes.map(plain) };
  return node.op === "not" ? { op: node.op, node: plain(node.node) } : { ...node };
}

function brand<F extends Filter>(node: F): F {
  Object.freeze(node);
  made.add(node);
  return node;
}

function freeze(value: JsonValue): void {
  if (typeof value !== "object" || value === null) return;
  for (const member of isObject(value) ? Object.values(value) : value) freeze(member);
  Object.freeze(value);
}
