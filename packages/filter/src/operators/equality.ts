import type { JsonValue } from "../ast.ts";
import { deepEqual, isObject } from "../json.ts";
import { type ByKey, byKey, type Check } from "./check.ts";

export function equals(operand: JsonValue): ByKey {
  if (!isPrimitive(operand)) return byKey(equalTo(operand));
  return (key) => (object) => object[key] === operand;
}

/** As {@link equals}, of a value at hand. */
export function equalTo(operand: JsonValue): Check {
  return isPrimitive(operand) ? (value) => value === operand : (value) => deepEqual(value, operand);
}

/** Equal to one of the values; they may be of any types. */
export function isOneOf(operand: JsonValue): Check {
  const values = isList(operand) ? operand : [];
  const primitives = new Set<JsonValue>(values.filter(isPrimitive));
  const structures = values.filter((value) => !isPrimitive(value));
  if (structures.length === 0) return (value) => primitives.has(value);
  return (value) => primitives.has(value) || structures.some((structure) => deepEqual(structure, value));
}

/** A substring of a string, or a whole element of an array. */
export function contains(operand: JsonValue): Check {
  const equal = equalTo(operand);
  return (value) => {
    if (typeof value === "string") return typeof operand === "string" && value.includes(operand);
    return isList(value) && value.some(equal);
  };
}

function isPrimitive(value: JsonValue): boolean {
  return typeof value !== "object" || value === null;
}

function isList(value: JsonValue): value is readonly JsonValue[] {
  return typeof value === "object" && value !== null && !isObject(value);
}
