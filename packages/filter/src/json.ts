import type { JsonArray, JsonObject, JsonValue } from "./ast.ts";
import { compareStrings } from "./order.ts";

/** A JSON object: neither null, an array nor a scalar. */
export function isObject(value: JsonValue | undefined): value is JsonObject {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** Made once: a literal is made anew each time that it is come by. */
const UNSTORABLE = /[\0\p{Surrogate}]/u;

/** Text every store can hold: no NUL, no lone surrogates. */
export function isStorableText(text: string): boolean {
  return !UNSTORABLE.test(text);
}

/** JSON equality: types never mix, the order of keys never matters, numbers are doubles and −0 is 0. */
export function deepEqual(a: JsonValue, b: JsonValue): boolean {
  if (a === b) return true;
  if (typeof a !== "object" || typeof b !== "object" || a === null || b === null) return false;
  if (isObject(a)) return isObject(b) && equalObjects(a, b);
  return !isObject(b) && equalArrays(a, b);
}

function equalArrays(a: JsonArray, b: JsonArray): boolean {
  return a.length === b.length && a.every((value, index) => isEqualTo(value, b[index]));
}

function equalObjects(a: JsonObject, b: JsonObject): boolean {
  const keys = Object.keys(a);
  if (keys.length !== Object.keys(b).length) return false;
  return keys.every((key) => Object.hasOwn(b, key) && isEqualTo(a[key], b[key]));
}

function isEqualTo(value: JsonValue | undefined, other: JsonValue | undefined): boolean {
  return value !== undefined && other !== undefined && deepEqual(value, other);
}

/** JSON text that is the same for all equal values: keys in code point order at every level. */
export function canonicalJson(value: JsonValue): string {
  if (typeof value !== "object" || value === null) return JSON.stringify(value);
  if (!isObject(value)) return `[${value.map(canonicalJson).join(",")}]`;
  const members = Object.entries(value)
    .sort(([a], [b]) => compareStrings(a, b))
    .map(([key, member]) => `${JSON.stringify(key)}:${canonicalJson(member)}`);
  return `{${members.join(",")}}`;
}
