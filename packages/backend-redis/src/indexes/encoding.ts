/**
 * How values stand in an index: as text whose UTF-8 bytes are in the order of `compareValues`.
 *
 * One tag for the type, then the value: a number as the 16 hex digits of its IEEE double with the bits turned so that
 * they sort, a string as itself up to {@link MAX_CODE_POINTS}, a point as the hex digits of its cell. Objects and arrays
 * are only known to be one. Nothing holds a NUL, which is what ends a value wherever several stand behind each other.
 */

import { type JsonValue, type Metadata, type Path, readPath, readPoint } from "@muster/filter";
import { cellOf } from "./cells.ts";

/** The first character of every encoded value, in the order of types. */
export const TAG = {
  null: "0",
  false: "1",
  true: "2",
  number: "3",
  string: "4",
  point: "5",
  structure: "6",
  /** Behind all values. */
  end: "7",
} as const;

/** Longer strings share an entry with all that begin alike, and the record tells them apart. */
export const MAX_CODE_POINTS = 64;

/** Equal values, and no others but long strings that begin alike, are encoded alike. */
export function encode(value: JsonValue): string {
  if (value === null) return TAG.null;
  if (typeof value === "boolean") return value ? TAG.true : TAG.false;
  if (typeof value === "number") return TAG.number + sortableDouble(value);
  if (typeof value === "string") return TAG.string + cut(value);
  const point = readPoint(value);
  return point === undefined ? TAG.structure : TAG.point + cellOf(point);
}

/** Whether a string is so long that it may share its entry with others. */
export function mayBeCut(text: string): boolean {
  return text.length >= MAX_CODE_POINTS && Array.from(cut(text)).length === MAX_CODE_POINTS;
}

/**
 * What all indexes hold of one identity: the value at each of the paths, `""` where there is none, with a NUL between two.
 */
export function pack(paths: readonly Path[], metadata: Metadata): string {
  return paths
    .map((path) => {
      const value = readPath(metadata, path);
      return value === undefined ? "" : encode(value);
    })
    .join("\0");
}

/** Its first code points; never half a one. */
function cut(text: string): string {
  if (text.length <= MAX_CODE_POINTS) return text;
  return Array.from(text.slice(0, 2 * MAX_CODE_POINTS))
    .slice(0, MAX_CODE_POINTS)
    .join("");
}

const bits = new DataView(new ArrayBuffer(8));
const SIGN = 0x8000_0000;

/** Negative numbers have all bits turned, the others only the sign. */
function sortableDouble(value: number): string {
  bits.setFloat64(0, value === 0 ? 0 : value);
  const high = bits.getUint32(0);
  const low = bits.getUint32(4);
  return high >= SIGN ? hex(~high) + hex(~low) : hex(high | SIGN) + hex(low);
}

function hex(word: number): string {
  return (word >>> 0).toString(16).padStart(8, "0");
}
