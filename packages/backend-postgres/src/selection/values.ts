/** How values of metadata are read in conditions and in indexes; both must be written the same, or no index is used. */

import type { Path } from "@muster/filter";
import type { Names } from "../keys.ts";

/** Longest text of an index entry, in code points: entries must stay far below 2,704 bytes. */
const WORD_LENGTH = 64;

/** The value at a path, null where there is none. Text keys never lead into arrays. `segments` are texts as they are written. */
export function valueAt(segments: readonly string[], row = "m."): string {
  return [`${row}metadata`, ...segments].join(" -> ");
}

/** The number, or null. */
export function numberOf(value: string, names: Names): string {
  return `${names.call("number_of")}(${value})`;
}

/** The text in the order of code points, or null. */
export function textOf(value: string, names: Names): string {
  return `${names.call("text_of")}(${value}) collate "C"`;
}

/** As much of the text as an index holds. */
export function wordOf(value: string, names: Names): string {
  return `left(${names.call("text_of")}(${value}), ${WORD_LENGTH}) collate "C"`;
}

/**
 * The place as a point, null where there is none on earth. Namespaces lie so far apart that whoever looks for places of one
 * meets none of another, unless their hashes are the same.
 */
export function pointOf(lat: string, lon: string, names: Names, row = "m."): string {
  const [north, east] = [numberOf(lat, names), numberOf(lon, names)];
  return `case when ${north} between -90 and 90 and ${east} between -180 and 180
    then point(${east}::float8 + ${offsetOf(`${row}namespace`)}, ${north}::float8) end`;
}

/** How far to the east a namespace lies: a text that is a column or a parameter. */
export function offsetOf(namespace: string): string {
  return `1000 * (hashtextextended(${namespace}, 0) % 1000000)`;
}

/** The same of a text at hand. */
export function cutWord(text: string): string {
  if (text.length <= WORD_LENGTH) return text;
  return Array.from(text.slice(0, 2 * WORD_LENGTH))
    .slice(0, WORD_LENGTH)
    .join("");
}

/** Whether it is shorter than what an index holds, so that whatever begins like it is told from it there. */
export function isShortWord(text: string): boolean {
  return text.length < WORD_LENGTH;
}

/** The first text behind all that begin with `prefix`; `undefined`: there is none. */
export function successorOf(prefix: string): string | undefined {
  const points = Array.from(prefix);
  while (points.length > 0) {
    const last = points.pop()?.codePointAt(0) ?? 0;
    // Surrogates are no text by themselves.
    const next = last === 0xd7ff ? 0xe000 : last + 1;
    if (next <= 0x10ffff) return points.join("") + String.fromCodePoint(next);
  }
  return undefined;
}

/** The path as JSON around a value: what contains it. */
export function nested(path: Path, value: unknown): unknown {
  return path.reduceRight((inner, segment) => Object.fromEntries([[segment, inner]]), value);
}
