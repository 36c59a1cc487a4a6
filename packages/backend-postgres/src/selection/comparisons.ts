/** Each comparison as a condition that holds exactly where the evaluator's does; null counts as false. */

import type { AboutLeaf, FieldLeaf, JsonValue, Leaf, Operator } from "@muster/filter";
import { MusterError } from "@muster/core/slots";
import { NAME } from "../errors.ts";
import { numberOf, textOf, valueAt } from "./values.ts";
import { identityIn, type Writing } from "./writing.ts";

type Ordering = "lt" | "lte" | "gt" | "gte";

const SIGNS: Readonly<Record<Ordering, string>> = { lt: "<", lte: "<=", gt: ">", gte: ">=" };

export function comparison(leaf: Leaf, writing: Writing): string {
  return "about" in leaf ? aboutComparison(leaf, writing) : COMPARISONS[leaf.op](leaf, writing);
}

type Comparison = (leaf: FieldLeaf, writing: Writing) => string;

const COMPARISONS: Readonly<Record<Operator, Comparison>> = {
  eq: (leaf, writing) => `${value(leaf, writing)} = ${writing.parameters.json(leaf.value)}`,
  ne: (leaf, writing) => `${value(leaf, writing)} <> ${writing.parameters.json(leaf.value)}`,
  lt: ordered("lt"),
  lte: ordered("lte"),
  gt: ordered("gt"),
  gte: ordered("gte"),
  in: (leaf, writing) => `${value(leaf, writing)} = any(${writing.parameters.jsons(listIn(leaf.value))})`,
  nin: (leaf, writing) => `${value(leaf, writing)} <> all(${writing.parameters.jsons(listIn(leaf.value))})`,
  startswith: (leaf, writing) => `starts_with(${text(leaf, writing)}, ${writing.parameters.text(textIn(leaf.value))})`,
  endswith: (leaf, writing) => {
    const suffix = textIn(leaf.value);
    return `right(${text(leaf, writing)}, ${Array.from(suffix).length}) = ${writing.parameters.text(suffix)}`;
  },
  contains: (leaf, writing) => {
    const { parameters } = writing;
    const at = value(leaf, writing);
    const inText =
      typeof leaf.value === "string"
        ? `when 'string' then strpos(${text(leaf, writing)}, ${parameters.text(leaf.value)}) > 0`
        : "";
    const inArray = `exists (select from jsonb_array_elements(${at}) as e(element) where element = ${parameters.json(leaf.value)})`;
    return `case jsonb_typeof(${at}) ${inText} when 'array' then ${inArray} end`;
  },
  exists: (leaf, writing) => `${value(leaf, writing)} is ${leaf.value === true ? "not " : ""}null`,
  type: (leaf, writing) => `jsonb_typeof(${value(leaf, writing)}) = ${writing.parameters.text(textIn(leaf.value))}`,
  regex: foreign,
  near: foreign,
  within: foreign,
};

function ordered(op: Ordering): Comparison {
  return (leaf, writing) => {
    const { parameters, names } = writing;
    if (typeof leaf.value === "number") {
      return `${numberOf(value(leaf, writing), names)} ${SIGNS[op]} ${parameters.number(leaf.value)}`;
    }
    if (typeof leaf.value !== "string") return "false";
    return `${text(leaf, writing)} ${SIGNS[op]} ${parameters.text(leaf.value)}`;
  };
}

function aboutComparison(leaf: AboutLeaf, writing: Writing): string {
  const { parameters } = writing;
  if (leaf.about === "registeredAt") {
    if (!isOrdering(leaf.op) || typeof leaf.value !== "number") return foreign(leaf);
    return `r.registered_at ${SIGNS[leaf.op]} ${parameters.number(leaf.value)}`;
  }
  if (leaf.about !== "identity") return foreign(leaf);
  const identity = identityIn(writing);
  if (leaf.op === "in") return `${identity} = any(${parameters.texts(listIn(leaf.value).filter(isText))})`;
  if (typeof leaf.value !== "string") return "false";
  if (leaf.op === "eq") return `${identity} = ${parameters.text(leaf.value)}`;
  if (leaf.op === "startswith") return `starts_with(${identity}, ${parameters.text(leaf.value)})`;
  return isOrdering(leaf.op) ? `${identity} ${SIGNS[leaf.op]} ${parameters.text(leaf.value)}` : foreign(leaf);
}

/** @throws INTERNAL: `splitForComparisons` leaves it to the evaluator, so nobody asks for it. */
function foreign(leaf: Leaf): never {
  const message = `${leaf.op} is not selected here: ask split what is`;
  throw new MusterError({ code: "INTERNAL", source: `${NAME}.scan`, message });
}

function isOrdering(op: Operator): op is Ordering {
  return Object.hasOwn(SIGNS, op);
}

function isText(operand: JsonValue): operand is string {
  return typeof operand === "string";
}

function value({ path }: FieldLeaf, { parameters }: Writing): string {
  return valueAt(path.map((segment) => parameters.text(segment)));
}

function text(leaf: FieldLeaf, writing: Writing): string {
  return textOf(value(leaf, writing), writing.names);
}

function listIn(operand: JsonValue): readonly JsonValue[] {
  return isList(operand) ? operand : [];
}

function textIn(operand: JsonValue): string {
  return typeof operand === "string" ? operand : "";
}

function isList(operand: JsonValue): operand is readonly JsonValue[] {
  return Array.isArray(operand);
}
