import type { FieldLeaf, Filter, Leaf } from "./ast.ts";
import { allOf, anyOf, negate } from "./canonical.ts";
import { boxOf } from "./places.ts";
import { regexPrefix } from "./regex.ts";

/**
 * What a backend makes of one comparison: `true`, it selects exactly the same; `false`, it can't; a filter, it selects
 * candidates by that instead, which must hold wherever the comparison holds.
 */
export type CanPush = (leaf: Leaf) => boolean | Filter;

/** `native` AND `residual` is the filter; an absent part asks nothing. At least one is present. */
export interface SplitFilter {
  /** For the backend to select by; made only of leaves it accepts and of the candidates it named. */
  readonly native?: Filter;
  /** For the evaluator, over what the backend returned. */
  readonly residual?: Filter;
}

/**
 * Divides a filter between a backend and the evaluator. Pure and total.
 *
 * A conjunction divides child by child. A disjunction is pushed when every child is, and as a whole widened to candidates
 * when every child has some. Under a negation only exact comparisons are pushed, for the negation of candidates selects
 * too few. `regex` is never exact, whatever `canPush` says: engines differ.
 */
export function splitFilter(filter: Filter, canPush: CanPush): SplitFilter {
  switch (filter.op) {
    case "and":
      return splitAnd(filter.nodes, canPush);
    case "or":
      return splitOr(filter, filter.nodes, canPush);
    case "not":
      return splitNot(filter, filter.node, canPush);
    default:
      return splitLeaf(filter, canPush(filter));
  }
}

/**
 * As {@link splitFilter}, for a backend that asks the evaluator itself, of records that it reads: native is everything
 * but `regex` and `$attached`. Of an anchored pattern the literal prefix is native: it narrows the candidates and leaves
 * the pattern as residual.
 */
export function splitForEvaluator(filter: Filter): SplitFilter {
  return splitFilter(filter, canEvaluate);
}

function canEvaluate(leaf: Leaf): boolean | Filter {
  if ("about" in leaf) return leaf.about !== "attached";
  return leaf.op === "regex" ? prefixOf(leaf) : true;
}

const ABOUT_IDENTITY: ReadonlySet<string> = new Set(["eq", "in", "startswith", "lt", "lte", "gt", "gte"]);
const ORDERS: ReadonlySet<string> = new Set(["lt", "lte", "gt", "gte"]);
const BY_VERSION: ReadonlySet<string> = new Set(["eq", "ne", "in", "nin", ...ORDERS]);

/**
 * As {@link splitFilter}, for a backend that compares values of JSON exactly as the evaluator does, and knows the identity and
 * `$registeredAt`. What is left: patterns and versions, whose engines and order are the evaluator's own, and places, of
 * which two comparisons of numbers find candidates in a box.
 */
export function splitForComparisons(filter: Filter): SplitFilter {
  return splitFilter(filter, canCompare);
}

function canCompare(leaf: Leaf): boolean | Filter {
  if ("about" in leaf) {
    if (leaf.about === "identity") return ABOUT_IDENTITY.has(leaf.op);
    return leaf.about === "registeredAt" && ORDERS.has(leaf.op);
  }
  if (leaf.as === "semver" && BY_VERSION.has(leaf.op)) return false;
  if (leaf.op === "regex") return prefixOf(leaf);
  if (leaf.op === "near" || leaf.op === "within") return boxOf(leaf.path, leaf.op, leaf.value);
  return true;
}

/** What begins like every match of an anchored pattern. */
function prefixOf({ path, value }: FieldLeaf): boolean | Filter {
  const prefix = typeof value === "string" ? regexPrefix(value) : undefined;
  return prefix === undefined ? false : { op: "startswith", path, value: prefix };
}

function splitLeaf(leaf: Leaf, pushed: boolean | Filter): SplitFilter {
  if (typeof pushed === "object") return { native: pushed, residual: leaf };
  return pushed && leaf.op !== "regex" ? { native: leaf } : { residual: leaf };
}

function splitAnd(nodes: readonly Filter[], canPush: CanPush): SplitFilter {
  const parts = nodes.map((node) => splitFilter(node, canPush));
  const natives = parts.flatMap(({ native }) => native ?? []);
  const residuals = parts.flatMap(({ residual }) => residual ?? []);
  return {
    ...(natives.length > 0 ? { native: allOf(natives) } : {}),
    ...(residuals.length > 0 ? { residual: allOf(residuals) } : {}),
  };
}

function splitOr(whole: Filter, nodes: readonly Filter[], canPush: CanPush): SplitFilter {
  const parts = nodes.map((node) => splitFilter(node, canPush));
  const natives = parts.flatMap(({ native }) => native ?? []);
  if (natives.length < parts.length) return { residual: whole };
  const isExact = parts.every(({ residual }) => residual === undefined);
  return isExact ? { native: whole } : { native: anyOf(natives), residual: whole };
}

/** The negation of a disjunction is a conjunction of negations, which divides. */
function splitNot(whole: Filter, node: Filter, canPush: CanPush): SplitFilter {
  if (node.op === "or") return splitAnd(node.nodes.map(negate), canPush);
  const { native, residual } = splitFilter(node, canPush);
  return native !== undefined && residual === undefined ? { native: whole } : { residual: whole };
}
