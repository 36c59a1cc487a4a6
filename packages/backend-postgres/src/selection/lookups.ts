/**
 * Conditions that an index can answer, beside those that decide. Each holds wherever its comparison does, so that adding it
 * changes nothing but how rows are found.
 */

import type { AboutLeaf, FieldLeaf, JsonValue, Operator } from "@muster/filter";
import { scoped } from "../schema/tables.ts";
import { cutWord, nested, numberOf, successorOf, valueAt, wordOf } from "./values.ts";
import { identityIn, type Writing } from "./writing.ts";

/** Of values of one comparison; with more of them the index of all values is not asked. */
const MAX_VALUES = 20;

/** By the index of all values that metadata holds: one value, or one of a few. */
export function equalityLookup(leaf: FieldLeaf, writing: Writing): readonly string[] {
  const { op, value, path } = leaf;
  if (op === "eq" && isPrimitive(value)) return [contains(nested(path, value), writing)];
  if (
    op === "in" &&
    Array.isArray(value) &&
    value.length > 0 &&
    value.length <= MAX_VALUES &&
    value.every(isPrimitive)
  ) {
    const each = value.map((one) => contains(nested(path, one), writing));
    return [each.length === 1 ? each.join("") : `(${each.join(" or ")})`];
  }
  if (op === "contains" && isPrimitive(value)) return elementLookup(leaf, writing);
  return [];
}

/** An element of an array; or a part of a text, which no index finds, but who has a text there at all. */
function elementLookup({ path, value }: FieldLeaf, writing: Writing): readonly string[] {
  const inArray = (): string => contains(nested(path, [value]), writing);
  if (typeof value !== "string") return [inArray()];
  const word = indexedWord(path, writing);
  return word === undefined ? [] : [`(${inArray()} or ${word} >= '')`];
}

/** What holds of the beginnings of texts wherever it holds of the texts. */
const BEGINNINGS: Partial<Record<Operator, string>> = { eq: "=", lt: "<=", lte: "<=", gt: ">=", gte: ">=" };

/** By the index of a field: a number, the beginning of a text, or a range of them. */
export function valueLookup({ op, path, value }: FieldLeaf, writing: Writing): readonly string[] {
  const { parameters, indexes, names } = writing;
  if (op === "eq" && typeof value === "number" && indexes.has("number", path)) {
    const number = numberOf(valueAt(path.map((segment) => parameters.text(segment))), names);
    return [`${number} = ${parameters.number(value)}`];
  }
  const sign = BEGINNINGS[op];
  if (typeof value !== "string" || (sign === undefined && op !== "startswith")) return [];
  const word = indexedWord(path, writing);
  if (word === undefined) return [];
  const beginning = cutWord(value);
  return sign === undefined ? rangeOf(word, beginning, writing) : [`${word} ${sign} ${parameters.text(beginning)}`];
}

/** By the order of identities. */
export function identityRange({ about, op, value }: AboutLeaf, writing: Writing): readonly string[] {
  return about === "identity" && op === "startswith" && typeof value === "string"
    ? rangeOf(identityIn(writing), value, writing)
    : [];
}

function rangeOf(text: string, prefix: string, { parameters }: Writing): readonly string[] {
  if (prefix === "") return [`${text} >= ''`];
  const end = successorOf(prefix);
  const from = `${text} >= ${parameters.text(prefix)}`;
  return end === undefined ? [from] : [from, `${text} < ${parameters.text(end)}`];
}

function contains(metadata: unknown, { namespace, parameters }: Writing): string {
  const json = JSON.stringify(Object.fromEntries([[namespace, metadata]]));
  return `${scoped("m.")} @> ${parameters.add(json)}::jsonb`;
}

function indexedWord(path: FieldLeaf["path"], { parameters, indexes, names }: Writing): string | undefined {
  if (!indexes.has("text", path)) return undefined;
  return wordOf(valueAt(path.map((segment) => parameters.text(segment))), names);
}

/** What an index of paths and values has an entry for. */
function isPrimitive(value: JsonValue): boolean {
  return typeof value !== "object" || value === null;
}
