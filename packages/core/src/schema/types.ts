/** What each type of field takes, and what of it is stored. */

import { isObject, type JsonValue, parseSemver, parseTimestamp } from "@muster/filter";
import type { FieldSchema, FieldType } from "../slots/index.ts";

interface TypeRule {
  /** Completes "is not …". */
  readonly expected: string;
  /** The value as it is stored; `undefined` for one of another type. */
  read(value: JsonValue): JsonValue | undefined;
}

export const FIELD_TYPES: Readonly<Record<FieldType, TypeRule>> = {
  string: { expected: "a string", read: (value) => (typeof value === "string" ? value : undefined) },
  int: {
    expected: "an integer within ±(2^53 − 1)",
    read: (value) => (Number.isSafeInteger(value) ? value : undefined),
  },
  float: { expected: "a number", read: (value) => (typeof value === "number" ? value : undefined) },
  boolean: { expected: "a boolean", read: (value) => (typeof value === "boolean" ? value : undefined) },
  enum: { expected: "a string", read: (value) => (typeof value === "string" ? value : undefined) },
  timestamp: { expected: "a time: RFC 3339 text with an offset, epoch ms or a Date", read: parseTimestamp },
  semver: {
    expected: 'a version such as "1.2.3"',
    read: (value) => (typeof value === "string" && parseSemver(value) !== undefined ? value : undefined),
  },
  geo_point: {
    expected: "an object with lat in ±90 and lon in ±180",
    read: (value) => (isObject(value) && isWithin(value, "lat", 90) && isWithin(value, "lon", 180) ? value : undefined),
  },
  object: { expected: "an object", read: (value) => (isObject(value) ? value : undefined) },
  array: { expected: "an array", read: (value) => (Array.isArray(value) ? value : undefined) },
};

/** The value as it is stored, or what is wrong with it, and at which element of it. */
export type Read = { readonly value: JsonValue } | { readonly problem: string; readonly element?: number };

/** Holds a value that is there to its field. */
export function readField(field: Pick<FieldSchema, "type" | "maxLength" | "values" | "items">, value: JsonValue): Read {
  const { expected, read } = FIELD_TYPES[field.type];
  const stored = read(value);
  if (stored === undefined) return { problem: `is not ${expected}` };
  if (field.items !== undefined && Array.isArray(stored)) return readElements(stored, field.items);
  if (typeof stored !== "string") return { value: stored };
  if (field.values !== undefined && !field.values.includes(stored))
    return { problem: `is not one of ${field.values.join(", ")}` };
  if (field.maxLength !== undefined && isLonger(stored, field.maxLength)) {
    return { problem: `has more than ${field.maxLength} characters` };
  }
  return { value: stored };
}

function readElements(elements: readonly JsonValue[], type: FieldType): Read {
  const { expected, read } = FIELD_TYPES[type];
  const stored: JsonValue[] = [];
  for (const [element, value] of elements.entries()) {
    const fit = read(value);
    if (fit === undefined) return { problem: `is not ${expected}`, element };
    stored.push(fit);
  }
  const isSame = stored.every((value, index) => value === elements[index]);
  return { value: isSame ? elements : Object.freeze(stored) };
}

/** In code points, without counting a text that is short enough in any case. */
function isLonger(text: string, maxLength: number): boolean {
  return text.length > maxLength && Array.from(text).length > maxLength;
}

function isWithin(value: { readonly [key: string]: JsonValue }, key: string, bound: number): boolean {
  const degrees = Object.hasOwn(value, key) ? value[key] : undefined;
  return typeof degrees === "number" && Math.abs(degrees) <= bound;
}
