import type { JsonValue } from "./ast.ts";

/** Code units of which JavaScript's order is another: the surrogates, and what they stand above. */
const HIGH = /[\ud800-\uffff]/;
/** Code units of a text that is looked through before it is compared; longer ones mostly differ long before their end. */
const SHORT = 64;

/** Order by code point, which is the order of UTF-8 bytes; JavaScript's `<` is not (it puts U+1F600 before U+FB01). */
export function compareStrings(a: string, b: string): number {
  if (a === b) return 0;
  if (b.length <= SHORT && !HIGH.test(b)) return a < b ? -1 : 1;
  const length = Math.min(a.length, b.length);
  for (let i = 0; i < length; i++) {
    const x = a.charCodeAt(i);
    const y = b.charCodeAt(i);
    if (x !== y) return codePointRank(x) - codePointRank(y);
  }
  return a.length - b.length;
}

/** Lifts surrogates, which stand for the code points above U+FFFF, over the rest of the units. */
function codePointRank(unit: number): number {
  return unit >= 0xd800 && unit <= 0xdfff ? unit + 0x10000 : unit;
}

/**
 * The order of `sortBy`, over all of JSON: null < false < true < numbers < strings < objects and arrays, which are all
 * equal. Negative, zero or positive; `undefined` is the caller's to place.
 */
export function compareValues(a: JsonValue, b: JsonValue): number {
  if (typeof a === "number" && typeof b === "number") return a < b ? -1 : a > b ? 1 : 0;
  if (typeof a === "string" && typeof b === "string") return compareStrings(a, b);
  return rank(a) - rank(b);
}

function rank(value: JsonValue): number {
  if (value === null) return 0;
  if (typeof value === "boolean") return value ? 2 : 1;
  if (typeof value === "number") return 3;
  return typeof value === "string" ? 4 : 5;
}
