/**
 * Conditions that an index can answer. Each holds wherever its comparison does, so that adding it changes nothing but how
 * rows are found; and those that hold nowhere else stand alone, for the server takes each condition for one more that thins
 * out what is found.
 */

import type { AboutLeaf, FieldLeaf, Filter, JsonValue, Operator } from "@muster/filter";
import { scoped } from "../schema/tables.ts";
import { boxIn } from "./places.ts";
import { cutWord, isShortWord, nested, numberOf, offsetOf, pointOf, successorOf, valueAt, wordOf } from "./values.ts";
import { identityIn, type Writing } from "./writing.ts";

/** A condition that an index can answer. */
export interface Lookup {
  readonly condition: string;
  /** It holds nowhere else, so that it stands for the comparison. */
  readonly isExact: boolean;
}

/** Of values of one comparison; with more of them the index of all values is not asked. */
const MAX_VALUES = 20;

/** How an index helps to find where a comparison with a field holds; `undefined`: not at all. */
export function fieldLookup(leaf: FieldLeaf, writing: Writing): Lookup | undefined {
  return numberLookup(leaf, writing) ?? wordLookup(leaf, writing) ?? valueLookup(leaf, writing);
}

/** By the index of all values that metadata holds. Nested in objects, plain values contain one another when they are equal. */
function valueLookup({ op, path, value }: FieldLeaf, writing: Writing): Lookup | undefined {
  if (op === "eq" && isPlain(value)) return { condition: contains(nested(path, value), writing), isExact: true };
  if (op === "contains" && isPlain(value)) return elementLookup(path, value, writing);
  if (op !== "in" || !isShortList(value)) return undefined;
  const each = value.map((one) => contains(nested(path, one), writing));
  return { condition: each.length === 1 ? each.join("") : `(${each.join(" or ")})`, isExact: true };
}

/** An element of an array; or a part of a text, which no index finds, but who has a text there at all. */
function elementLookup(path: FieldLeaf["path"], value: JsonValue, writing: Writing): Lookup | undefined {
  const inArray = (): string => contains(nested(path, [value]), writing);
  if (typeof value !== "string") return { condition: inArray(), isExact: false };
  if (!writing.indexes.has("text", path)) return undefined;
  return { condition: `(${inArray()} or ${wordAt(path, writing)} >= '')`, isExact: false };
}

/** By the index of a field that holds numbers. Orders need nothing more: they are compared as they are indexed. */
function numberLookup({ op, path, value }: FieldLeaf, writing: Writing): Lookup | undefined {
  const { parameters, indexes, names } = writing;
  if (op !== "eq" || typeof value !== "number" || !indexes.has("number", path)) return undefined;
  const number = numberOf(valueAt(path.map((segment) => parameters.text(segment))), names);
  return { condition: `${number} = ${parameters.number(value)}`, isExact: true };
}

/** What is said of a text, and what then holds of its beginning. */
const SIGNS: Partial<Record<Operator, readonly [ofText: string, ofBeginning: string]>> = {
  eq: ["=", "="],
  lt: ["<", "<="],
  lte: ["<=", "<="],
  gt: [">", ">="],
  gte: [">=", ">="],
};

/** By the index of a field that holds the beginnings of texts, from which shorter texts differ as from the whole. */
function wordLookup({ op, path, value }: FieldLeaf, writing: Writing): Lookup | undefined {
  const signs = SIGNS[op];
  if (typeof value !== "string" || (signs === undefined && op !== "startswith")) return undefined;
  if (!writing.indexes.has("text", path)) return undefined;
  const word = wordAt(path, writing);
  const beginning = cutWord(value);
  if (signs === undefined) return { condition: rangeOf(word, beginning, writing), isExact: beginning === value };
  const isExact = isShortWord(value);
  const sign = signs[isExact ? 0 : 1];
  return { condition: `${word} ${sign} ${writing.parameters.text(beginning)}`, isExact };
}

/** A hair, in degrees: places lie far to the east there, and are rounded. */
const HAIR = 0.00001;

/** By the index of a field that holds places, where a conjunction names the sides of a box; not exact. */
export function placeLookup(nodes: readonly Filter[], writing: Writing): string | undefined {
  const { parameters, names, namespace, indexes } = writing;
  const box = boxIn(nodes);
  if (box === undefined || !indexes.has("place", box.path)) return undefined;
  const value = valueAt(box.path.map((segment) => parameters.text(segment)));
  const point = pointOf(`${value} -> 'lat'`, `${value} -> 'lon'`, names);
  const offset = offsetOf(parameters.text(namespace));
  const corner = (lon: number, lat: number): string =>
    `point(${parameters.number(lon)}::float8 + ${offset}, ${parameters.number(lat)}::float8)`;
  const each = box.longitudes.map(
    ([west, east]) =>
      `${point} <@ box(${corner(west - HAIR, box.south - HAIR)}, ${corner(east + HAIR, box.north + HAIR)})`,
  );
  return each.length === 1 ? each.join("") : `(${each.join(" or ")})`;
}

/** By the order of identities. */
export function identityLookup({ about, op, value }: AboutLeaf, writing: Writing): Lookup | undefined {
  if (about !== "identity" || op !== "startswith" || typeof value !== "string") return undefined;
  return { condition: rangeOf(identityIn(writing), value, writing), isExact: true };
}

/** All texts that begin so. */
function rangeOf(text: string, prefix: string, { parameters }: Writing): string {
  if (prefix === "") return `${text} >= ''`;
  const end = successorOf(prefix);
  const from = `${text} >= ${parameters.text(prefix)}`;
  return end === undefined ? from : `(${from} and ${text} < ${parameters.text(end)})`;
}

function contains(metadata: unknown, { namespace, parameters }: Writing): string {
  const json = JSON.stringify(Object.fromEntries([[namespace, metadata]]));
  return `${scoped("m.")} @> ${parameters.add(json)}::jsonb`;
}

function wordAt(path: FieldLeaf["path"], { parameters, names }: Writing): string {
  return wordOf(valueAt(path.map((segment) => parameters.text(segment))), names);
}

function isShortList(value: JsonValue): value is readonly JsonValue[] {
  return Array.isArray(value) && value.length > 0 && value.length <= MAX_VALUES && value.every(isPlain);
}

/** What an index of paths and values has an entry for. */
function isPlain(value: JsonValue): boolean {
  return typeof value !== "object" || value === null;
}
