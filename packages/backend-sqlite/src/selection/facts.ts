/**
 * Metadata as filters look at it. SQLite reads numbers of JSON a little wrong in the last digit, and compares them with text;
 * so each plain value is a text here, whose first letter tells its type and whose order, byte by byte, is the evaluator's.
 *
 * | value | fact |
 * |---|---|
 * | `null` | `z` |
 * | `false`, `true` | `b0`, `b1` |
 * | number | `n` and 16 digits: the bits of the double, turned so that they order as it does |
 * | string | `s` and the string |
 * | array, object | JSON of facts; members in the order of their keys, so that equal values are equal texts |
 *
 * Keys are written so that they can stand in a path of SQLite, and in the text of a statement.
 */

import { compareStrings, isObject, type JsonObject, type JsonValue, type Path } from "@muster/filter";

/** The fact of a plain value; of arrays and objects the JSON text. */
export function factOf(value: JsonValue): string {
  switch (typeof value) {
    case "string":
      return `s${value}`;
    case "number":
      return `n${orderedDigits(value)}`;
    case "boolean":
      return value ? "b1" : "b0";
    default:
      return value === null ? "z" : factsOf(value);
  }
}

/** What JSON may not write as it is; metadata holds no lone surrogates. */
const ESCAPED = /["\\\p{Cc}]/u;

/** The same as it stands in JSON. */
export function factsOf(value: JsonValue): string {
  if (typeof value === "string") return ESCAPED.test(value) ? JSON.stringify(`s${value}`) : `"s${value}"`;
  if (typeof value !== "object" || value === null) return `"${factOf(value)}"`;
  if (!isObject(value)) return `[${value.map(factsOf).join(",")}]`;
  return objectFacts(value);
}

function objectFacts(object: JsonObject): string {
  const keys = Object.keys(object);
  if (keys.length > 1) keys.sort(compareStrings);
  let members = "";
  for (const key of keys) {
    const value = object[key];
    if (value !== undefined) members += `${members === "" ? "" : ","}"${writtenKey(key)}":${factsOf(value)}`;
  }
  return `{${members}}`;
}

/** Where the facts of a field are, as a path of SQLite: `$."location"."city"`. Safe between apostrophes. */
export function pathOf(path: Path): string {
  return `$${path.map((segment) => `."${writtenKey(segment)}"`).join("")}`;
}

const PLAIN_KEY = /^[\w.-]*$/;

function writtenKey(key: string): string {
  if (PLAIN_KEY.test(key)) return key;
  return key.replace(/[^\w.-]/gu, (char) => `~${(char.codePointAt(0) ?? 0).toString(16)}~`);
}

const double = new Float64Array(1);
const halves = new Uint32Array(double.buffer);
const [low, high] = new Uint8Array(new Uint32Array([1]).buffer)[0] === 1 ? [0, 1] : [1, 0];

/** 16 hexadecimal digits, which order as the numbers do. */
function orderedDigits(number: number): string {
  double[0] = number + 0; // Of the two zeros one.
  const top = halves[high] ?? 0;
  const isNegative = top >= 0x8000_0000;
  return digits(isNegative ? ~top : top ^ 0x8000_0000) + digits(isNegative ? ~(halves[low] ?? 0) : (halves[low] ?? 0));
}

/** Two of them for each byte. */
const DIGITS: readonly string[] = Array.from({ length: 256 }, (_, byte) => byte.toString(16).padStart(2, "0"));

function digits(half: number): string {
  return `${DIGITS[half >>> 24]}${DIGITS[(half >>> 16) & 0xff]}${DIGITS[(half >>> 8) & 0xff]}${DIGITS[half & 0xff]}`;
}
