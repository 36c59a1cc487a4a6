/** Stretches of a sorted set in the order of its members' bytes, and which of them hold all that a comparison selects. */

import { compareStrings, isObject, type JsonValue, type Operator } from "@muster/filter";
import { type CellStretch, cellsNear, cellsWithin } from "./cells.ts";
import { encode, mayBeCut, TAG } from "./encoding.ts";

/** From `min`, which belongs to it, up to `max`, which does not; `undefined`: to the end. */
export interface Range {
  readonly min: string;
  readonly max: string | undefined;
}

/** Everything. */
const ALL: Range = { min: "", max: undefined };

/**
 * Ranges of an index, in ascending order and apart, that hold the entry of every value for which `op operand` holds;
 * `undefined`: the comparison does not narrow anything. Members are an encoded value, NUL, and the identity.
 */
export function valueRanges(op: Operator, operand: JsonValue): readonly Range[] | undefined {
  switch (op) {
    case "eq":
      return [entriesOf(encode(operand))];
    case "in":
      return isList(operand) ? united(operand.map((value) => entriesOf(encode(value)))) : undefined;
    case "startswith":
      return typeof operand === "string" ? [beginningWith(encode(operand))] : undefined;
    case "lt":
    case "lte":
    case "gt":
    case "gte":
      return typeof operand === "number" || typeof operand === "string" ? [ordered(op, operand)] : undefined;
    case "near":
    case "within":
      return areaRanges(op, operand);
    case "exists":
      return operand === true ? [{ min: TAG.null, max: TAG.end }] : undefined;
    case "type":
      return typeof operand === "string" ? TYPES[operand] : undefined;
    default:
      return undefined;
  }
}

/** As {@link valueRanges}, of a set whose members are identities themselves. */
export function identityRanges(op: Operator, operand: JsonValue): readonly Range[] | undefined {
  if (op === "in")
    return isList(operand) ? united(operand.flatMap((one) => identityRanges("eq", one) ?? [])) : undefined;
  if (typeof operand !== "string") return undefined;
  switch (op) {
    case "eq":
      return [{ min: operand, max: `${operand}\0` }];
    case "startswith":
      return [beginningWith(operand)];
    case "lt":
      return [{ min: "", max: operand }];
    case "lte":
      return [{ min: "", max: `${operand}\0` }];
    case "gt":
      return [{ min: `${operand}\0`, max: undefined }];
    case "gte":
      return [{ min: operand, max: undefined }];
    default:
      return undefined;
  }
}

/** What lies in a range of both, again in ascending order and apart. */
export function intersected(some: readonly Range[], others: readonly Range[]): readonly Range[] {
  const common: Range[] = [];
  let [i, j] = [0, 0];
  for (let a = some[i], b = others[j]; a !== undefined && b !== undefined; a = some[i], b = others[j]) {
    const range = { min: compareStrings(a.min, b.min) < 0 ? b.min : a.min, max: isEndBefore(a, b) ? a.max : b.max };
    if (range.max === undefined || compareStrings(range.min, range.max) < 0) common.push(range);
    if (isEndBefore(a, b)) i += 1;
    else j += 1;
  }
  return common;
}

/** What lies in any of the ranges, in ascending order and apart. */
export function united(ranges: readonly Range[]): readonly Range[] {
  const apart: Range[] = [];
  for (const range of ranges.toSorted((a, b) => compareStrings(a.min, b.min))) {
    const last = apart.at(-1);
    if (last === undefined || (last.max !== undefined && compareStrings(last.max, range.min) < 0)) apart.push(range);
    else if (isEndBefore(last, range)) apart[apart.length - 1] = { min: last.min, max: range.max };
  }
  return apart;
}

/** If the ranges are one single encoded value's, that value: their entries are in the order of identities. */
export function singleValue(ranges: readonly Range[]): string | undefined {
  const [range, another] = ranges;
  if (range?.max === undefined || another !== undefined || !range.min.endsWith("\0")) return undefined;
  const value = range.min.slice(0, -1);
  return range.max === `${value}\u0001` ? value : undefined;
}

/** All entries of one encoded value, for no value holds a NUL and nothing lies between NUL and U+0001. */
function entriesOf(encoded: string): Range {
  return { min: `${encoded}\0`, max: `${encoded}\u0001` };
}

function beginningWith(prefix: string): Range {
  return prefix === "" ? ALL : { min: prefix, max: successor(prefix) };
}

/** The least text above all that begin with `prefix`: its last code point, or the last that is not the greatest, one up. */
function successor(prefix: string): string | undefined {
  const points = Array.from(prefix);
  while (points.length > 0) {
    const last = points.pop()?.codePointAt(0) ?? 0;
    if (last < 0x10ffff) return points.join("") + String.fromCodePoint(last === 0xd7ff ? 0xe000 : last + 1);
  }
  return undefined;
}

/** An order never leaves the type of its operand. A string that may share its entry takes the whole entry with it. */
function ordered(op: "lt" | "lte" | "gt" | "gte", operand: number | string): Range {
  const isText = typeof operand === "string";
  const [first, behind] = isText ? [TAG.string, TAG.point] : [TAG.number, TAG.string];
  const { min, max } = entriesOf(encode(operand));
  const isShared = isText && mayBeCut(operand);
  switch (op) {
    case "lt":
      return { min: first, max: isShared ? max : min };
    case "lte":
      return { min: first, max };
    case "gt":
      return { min: isShared || max === undefined ? min : max, max: behind };
    case "gte":
      return { min, max: behind };
  }
}

const TYPES: Readonly<Record<string, readonly Range[]>> = {
  null: [{ min: TAG.null, max: TAG.false }],
  boolean: [{ min: TAG.false, max: TAG.number }],
  number: [{ min: TAG.number, max: TAG.string }],
  string: [{ min: TAG.string, max: TAG.point }],
  object: [{ min: TAG.point, max: TAG.end }],
  array: [{ min: TAG.structure, max: TAG.end }],
};

function areaRanges(op: "near" | "within", operand: JsonValue): readonly Range[] | undefined {
  const cells = op === "near" ? cellsOfCircle(operand) : cellsOfBox(operand);
  return cells?.map(({ first, last }) => ({ min: TAG.point + first, max: `${TAG.point}${last}\u0001` }));
}

function cellsOfCircle(operand: JsonValue): readonly CellStretch[] | undefined {
  if (!isObject(operand)) return undefined;
  const { lat, lon, radiusM } = operand;
  if (typeof lat !== "number" || typeof lon !== "number" || typeof radiusM !== "number") return undefined;
  return cellsNear({ lat, lon, radiusM });
}

function cellsOfBox(operand: JsonValue): readonly CellStretch[] | undefined {
  if (!isObject(operand)) return undefined;
  const { south, west, north, east } = operand;
  if (typeof south !== "number" || typeof north !== "number") return undefined;
  if (typeof west !== "number" || typeof east !== "number") return undefined;
  return cellsWithin({ south, west, north, east });
}

function isEndBefore(a: Range, b: Range): boolean {
  if (a.max === undefined) return false;
  return b.max === undefined || compareStrings(a.max, b.max) < 0;
}

function isList(value: JsonValue): value is readonly JsonValue[] {
  return Array.isArray(value);
}
