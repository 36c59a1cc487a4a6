/** Each comparison as a condition that holds exactly where the evaluator's does; null counts as false. */

import { MusterError } from "@muster/core/slots";
import type { AboutLeaf, FieldLeaf, JsonValue, Leaf, Operator, Path } from "@muster/filter";
import { NAME } from "../errors.ts";
import { factOf, pathOf } from "./facts.ts";
import type { Parameters } from "./parameters.ts";
import { successorOf, TYPE_RANGES } from "./ranges.ts";

type Ordering = "lt" | "lte" | "gt" | "gte";

const SIGNS: Readonly<Record<Ordering, string>> = { lt: "<", lte: "<=", gt: ">", gte: ">=" };

export function comparison(leaf: Leaf, parameters: Parameters): string {
  return "about" in leaf ? aboutComparison(leaf, parameters) : COMPARISONS[leaf.op](leaf, parameters);
}

/** The fact at a path, null where there is none. Keys never lead into arrays. Indexes of fields are written the same. */
export function factAt(path: Path, row = "m."): string {
  return `(${row}facts ->> '${pathOf(path)}')`;
}

type Comparison = (leaf: FieldLeaf, parameters: Parameters) => string;

const COMPARISONS: Readonly<Record<Operator, Comparison>> = {
  eq: ({ path, value }, parameters) => `${factAt(path)} = ${parameters.add(factOf(value))}`,
  ne: ({ path, value }, parameters) => `${factAt(path)} <> ${parameters.add(factOf(value))}`,
  lt: ordered("lt"),
  lte: ordered("lte"),
  gt: ordered("gt"),
  gte: ordered("gte"),
  in: ({ path, value }, parameters) => `${factAt(path)} in (${factList(value, parameters)})`,
  nin: ({ path, value }, parameters) => `${factAt(path)} not in (${factList(value, parameters)})`,
  startswith: ({ path, value }, parameters) => beginsWith(factAt(path), `s${textIn(value)}`, parameters),
  endswith: ({ path, value }, parameters) => {
    const suffix = textIn(value);
    const length = Array.from(suffix).length;
    const fact = factAt(path);
    if (length === 0) return isType(fact, "string");
    // The letter of its type is no part of it.
    return `(${isType(fact, "string")} and length(${fact}) > ${length} and substr(${fact}, -${length}) = ${parameters.add(suffix)})`;
  },
  contains: ({ path, value }, parameters) => {
    const fact = factAt(path);
    const inText =
      typeof value === "string"
        ? `when ${isType(fact, "string")} then instr(substr(${fact}, 2), ${parameters.add(value)}) > 0`
        : "";
    const elements = `json_each(m.facts, '${pathOf(path)}')`;
    const inArray = `exists (select 1 from ${elements} e where e.value = ${parameters.add(factOf(value))})`;
    return `case ${inText} when ${isType(fact, "array")} then ${inArray} end`;
  },
  exists: ({ path, value }) => `${factAt(path)} is ${value === true ? "not " : ""}null`,
  type: ({ path, value }) => isType(factAt(path), textIn(value)),
  regex: foreign,
  near: foreign,
  within: foreign,
};

function ordered(op: Ordering): Comparison {
  return ({ path, value }, parameters) => {
    const fact = factAt(path);
    const type = typeof value === "number" ? "number" : "string";
    const { from, to } = TYPE_RANGES[type] ?? NOTHING;
    const bound = op === "lt" || op === "lte" ? `${fact} >= '${from}'` : `${fact} < '${to}'`;
    return `(${fact} ${SIGNS[op]} ${parameters.add(factOf(value))} and ${bound})`;
  };
}

function aboutComparison(leaf: AboutLeaf, parameters: Parameters): string {
  const { about, op, value } = leaf;
  if (about === "registeredAt") {
    if (!isOrdering(op) || typeof value !== "number") return foreign(leaf);
    return `r.registered_at ${SIGNS[op]} ${parameters.add(value)}`;
  }
  if (about !== "identity") return foreign(leaf);
  if (op === "in") {
    const texts = Array.isArray(value) ? value.filter((one) => typeof one === "string") : [];
    return `r.identity in (${texts.map((text) => parameters.add(text)).join(", ")})`;
  }
  if (op === "eq") return `r.identity = ${parameters.add(textIn(value))}`;
  if (op === "startswith") return beginsWith("r.identity", textIn(value), parameters);
  return isOrdering(op) ? `r.identity ${SIGNS[op]} ${parameters.add(textIn(value))}` : foreign(leaf);
}

function beginsWith(text: string, prefix: string, parameters: Parameters): string {
  const end = successorOf(prefix);
  const from = `${text} >= ${parameters.add(prefix)}`;
  return end === undefined ? from : `(${from} and ${text} < ${parameters.add(end)})`;
}

function isType(fact: string, type: string): string {
  const { from, to } = TYPE_RANGES[type] ?? NOTHING;
  return `(${fact} >= '${from}' and ${fact} < '${to}')`;
}

/** Of a type that is none. */
const NOTHING = { from: "", to: "" };

function factList(operand: JsonValue, parameters: Parameters): string {
  const values: readonly JsonValue[] = isList(operand) ? operand : [];
  return values.map((value) => parameters.add(factOf(value))).join(", ");
}

/** @throws INTERNAL: `splitForComparisons` leaves it to the evaluator, so nobody asks for it. */
function foreign(leaf: Leaf): never {
  const message = `${leaf.op} is not selected here: ask split what is`;
  throw new MusterError({ code: "INTERNAL", source: `${NAME}.scan`, message });
}

function isOrdering(op: Operator): op is Ordering {
  return Object.hasOwn(SIGNS, op);
}

function textIn(operand: JsonValue): string {
  return typeof operand === "string" ? operand : "";
}

function isList(operand: JsonValue): operand is readonly JsonValue[] {
  return Array.isArray(operand);
}
