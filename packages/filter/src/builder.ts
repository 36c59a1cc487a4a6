import type { About, Filter, Metadata, Operator } from "./ast.ts";
import { allOf, anyOf, isFilter, leaf, negate } from "./canonical.ts";
import { invalidFilter } from "./errors.ts";
import type { GeoBox, GeoCircle } from "./geo.ts";
import { enterDepth, MAX_TREE_DEPTH, openBudget } from "./limits.ts";
import { readOperand, type TypeName } from "./operands.ts";
import { parsePath } from "./paths.ts";
import { parseTimestamp } from "./timestamp.ts";
import type { FieldKey, FieldValue, Operands } from "./types.ts";

/**
 * Comparisons with one field. Each returns a finished filter; operands are checked at once, as `parseFilter` checks them.
 *
 * @throws FilterError INVALID_FILTER, FILTER_TOO_COMPLEX
 */
export interface Field<V> {
  eq(value: Operands<V>["eq"]): Filter;
  ne(value: Operands<V>["ne"]): Filter;
  lt(value: Operands<V>["lt"]): Filter;
  lte(value: Operands<V>["lte"]): Filter;
  gt(value: Operands<V>["gt"]): Filter;
  gte(value: Operands<V>["gte"]): Filter;
  in(values: Operands<V>["in"]): Filter;
  nin(values: Operands<V>["nin"]): Filter;
  startswith(prefix: Operands<V>["startswith"]): Filter;
  endswith(suffix: Operands<V>["endswith"]): Filter;
  contains(part: Operands<V>["contains"]): Filter;
  regex(pattern: Operands<V>["regex"]): Filter;
  /** The field is there, `null` included. */
  present(): Filter;
  absent(): Filter;
  type(name: TypeName): Filter;
  near(circle: Operands<V>["near"]): Filter;
  within(box: Operands<V>["within"]): Filter;
}

/** Starts comparisons with fields of `M`. */
export type Where<M extends object> = <K extends FieldKey<M>>(key: K) => Field<FieldValue<M, K>>;

/** {@link where} for metadata of type `M`: only its keys, and operands of their types. */
export function whereIn<M extends object>(): Where<M> {
  return (key) => fieldAt(key);
}

/**
 * A comparison with a field, by dotted key: `where("location.city").eq("Oslo")`. The key is always a pure path, never an
 * operator; `"*"` is a literal star.
 *
 * @throws FilterError INVALID_FILTER
 */
export const where: Where<Metadata> = whereIn<Metadata>();

function fieldAt<V>(key: string): Field<V> {
  const path = parsePath(key);
  const build = (op: Operator, operand: unknown): Filter => {
    const written = Array.isArray(operand) ? operand.map(dateText) : dateText(operand);
    return leaf({ op, path, value: readOperand("plain", op, written, { budget: openBudget(), at: "" }) });
  };
  return {
    ...ordersOf(build),
    eq: (value) => build("eq", value),
    ne: (value) => build("ne", value),
    in: (values) => build("in", values),
    nin: (values) => build("nin", values),
    startswith: (prefix) => build("startswith", prefix),
    endswith: (suffix) => build("endswith", suffix),
    contains: (part) => build("contains", part),
    regex: (pattern) => build("regex", pattern),
    present: () => build("exists", true),
    absent: () => build("exists", false),
    type: (name) => build("type", name),
    near: (circle: GeoCircle) => build("near", circle),
    within: (box: GeoBox) => build("within", box),
  };
}

/** The types admit a Date only where the metadata has one, which is where a schema will read a timestamp. */
function dateText(operand: unknown): unknown {
  return operand instanceof Date ? (parseTimestamp(operand) ?? operand) : operand;
}

interface Orders<V> {
  lt(value: V): Filter;
  lte(value: V): Filter;
  gt(value: V): Filter;
  gte(value: V): Filter;
}

function ordersOf<V>(build: (op: Operator, operand: unknown) => Filter): Orders<V> {
  return {
    lt: (value) => build("lt", value),
    lte: (value) => build("lte", value),
    gt: (value) => build("gt", value),
    gte: (value) => build("gte", value),
  };
}

function about(fact: About): (op: Operator, operand: unknown) => Filter {
  return (op, operand) =>
    leaf({ op, about: fact, value: readOperand(fact, op, operand, { budget: openBudget(), at: "" }) });
}

const identityIs = about("identity");

/** Comparisons with the identity itself. */
export const identity: Orders<string> & {
  eq(identity: string): Filter;
  in(identities: readonly string[]): Filter;
  startswith(prefix: string): Filter;
} = {
  ...ordersOf<string>(identityIs),
  eq: (value) => identityIs("eq", value),
  in: (values) => identityIs("in", values),
  startswith: (prefix) => identityIs("startswith", prefix),
};

/** Whether messages reach it now. */
export function attached(is = true): Filter {
  return about("attached")("eq", is);
}

/** Comparisons with the time of registration: epoch ms, RFC 3339 with an offset, or a Date. */
export const registeredAt: Orders<number | string | Date> = ordersOf(about("registeredAt"));

/** All of them hold. @throws FilterError INVALID_FILTER for none, or for what is no filter of this package */
export function and(...filters: readonly Filter[]): Filter {
  return checked(allOf(some(filters)));
}

/** At least one of them holds. @throws FilterError INVALID_FILTER for none, or for what is no filter of this package */
export function or(...filters: readonly Filter[]): Filter {
  return checked(anyOf(some(filters)));
}

/** It does not hold; so an absent field is included. @throws FilterError INVALID_FILTER for what is no filter of this package */
export function not(filter: Filter): Filter {
  return checked(negate(some([filter])[0] ?? filter));
}

function some(filters: readonly Filter[]): readonly Filter[] {
  if (filters.length > 0 && filters.every(isFilter)) return filters;
  throw invalidFilter(
    "",
    "combine one or more filters made by where(…), identity, attached, registeredAt, and, or, not or parseFilter",
  );
}

/** Keeps what is built shallow enough to be walked; the limits of a call are counted where it is given. */
function checked(filter: Filter): Filter {
  const budget = openBudget({ maxDepth: MAX_TREE_DEPTH });
  const walk = (node: Filter, depth: number): void => {
    enterDepth(budget, depth, "");
    if (node.op === "not") walk(node.node, depth + 1);
    else if (node.op === "and" || node.op === "or") for (const child of node.nodes) walk(child, depth + 1);
  };
  walk(filter, 1);
  return filter;
}
