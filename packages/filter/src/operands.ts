import { type JsonValue, OPERANDS, type Operator } from "./ast.ts";
import { distinctValues } from "./canonical.ts";
import { invalidFilter, pointer, show, tooComplex } from "./errors.ts";
import { readElements, readEntries, readJson } from "./input.ts";
import { isStorableText } from "./json.ts";
import type { Budget } from "./limits.ts";
import { compilePattern } from "./regex.ts";
import { parseSemver } from "./semver.ts";
import { epochMs, parseTimestamp } from "./timestamp.ts";

/** What is compared: a field, a field the schema gives a reading, or a fact about the registration. */
export type Subject = "plain" | "timestamp" | "semver" | "identity" | "attached" | "registeredAt";

/** Where an operand stands, and what to say about it. */
export interface OperandPlace {
  readonly budget: Budget;
  /** Pointer to the operand. */
  readonly at: string;
  /** How to write what was probably meant, when the operator may have been a field's name. */
  readonly instead?: string;
}

type ReadOperand = (raw: unknown, place: OperandPlace) => JsonValue;

const TYPES = ["string", "number", "boolean", "array", "object", "null"] as const;
export type TypeName = (typeof TYPES)[number];

const anything: ReadOperand = (raw, place) => readJson(raw, place.budget, place.at);
const text: ReadOperand = readText;
const flag = when((value) => typeof value === "boolean", "a boolean");
const ordered = when((value) => typeof value === "string" || typeof value === "number", "a number or a string");
const typeName = when((value) => TYPES.some((name) => name === value), OPERANDS.type);
const timestamp = reading(parseTimestamp, "RFC 3339 text with an offset, a Date or epoch ms");
const version = reading(
  (raw) => (typeof raw === "string" && isStorableText(raw) && parseSemver(raw) !== undefined ? raw : undefined),
  'a version such as "1.2.3" or "2.0-rc.1"',
);

/** A number is kept as it is: it need not be a whole millisecond to be compared with. */
const instant: ReadOperand = (raw, place) => {
  if (typeof raw === "number") return readJson(raw, place.budget, place.at);
  return reading(epochMs, "epoch ms or RFC 3339 text with an offset")(raw, place);
};

const pattern: ReadOperand = (raw, place) => {
  const { maxPatternLength } = place.budget.limits;
  if (typeof raw === "string" && (raw.length > 2 * maxPatternLength || codePoints(raw) > maxPatternLength)) {
    throw tooComplex(place.at, `a pattern has at most ${maxPatternLength} characters`);
  }
  const source = readText(raw, place);
  const compiled = compilePattern(source);
  if (!("problem" in compiled)) return source;
  const error = compiled.problem === "size" ? tooComplex : invalidFilter;
  throw error(place.at, `the operand is ${OPERANDS.regex}: ${compiled.message}`);
};

/** What each operator takes on a plain field. */
const PLAIN: Readonly<Record<Operator, ReadOperand>> = {
  eq: anything,
  ne: anything,
  lt: ordered,
  lte: ordered,
  gt: ordered,
  gte: ordered,
  in: listOf(anything),
  nin: listOf(anything, 1),
  startswith: text,
  endswith: text,
  contains: anything,
  regex: pattern,
  exists: flag,
  type: typeName,
  near: box({ lat: [-90, 90], lon: [-180, 180], radiusM: [0, Number.MAX_VALUE] }, OPERANDS.near),
  within: box({ south: [-90, 90], west: [-180, 180], north: [-90, 90], east: [-180, 180] }, OPERANDS.within),
};

/** Comparisons that a reading of the schema changes; all others are of the text as stored. */
function comparisonsOf(read: ReadOperand): Partial<Record<Operator, ReadOperand>> {
  return { ...ordersOf(read), eq: read, ne: read, in: listOf(read), nin: listOf(read, 1) };
}

function ordersOf(read: ReadOperand): Partial<Record<Operator, ReadOperand>> {
  return { lt: read, lte: read, gt: read, gte: read };
}

const READERS: Readonly<Record<Subject, Partial<Record<Operator, ReadOperand>>>> = {
  plain: PLAIN,
  timestamp: comparisonsOf(timestamp),
  semver: comparisonsOf(version),
  identity: { ...ordersOf(text), eq: text, in: listOf(text), startswith: text },
  attached: { eq: flag },
  registeredAt: ordersOf(instant),
};

/** Whether the operator can be asked of the subject, and of no other reading of it. */
export function hasOperator(subject: Subject, op: Operator): boolean {
  return READERS[subject][op] !== undefined;
}

export function operatorsOf(subject: Subject): readonly string[] {
  return Object.keys(READERS[subject]).sort();
}

/** Checks and normalises an operand. */
export function readOperand(subject: Subject, op: Operator, raw: unknown, place: OperandPlace): JsonValue {
  return (READERS[subject][op] ?? PLAIN[op])(raw, place);
}

function when(accepts: (raw: unknown) => boolean, wanted: string): ReadOperand {
  return (raw, place) => {
    if (!accepts(raw)) throw wrongOperand(raw, wanted, place);
    return readJson(raw, place.budget, place.at);
  };
}

function reading(read: (raw: unknown) => string | number | undefined, wanted: string): ReadOperand {
  return (raw, place) => {
    const value = read(raw);
    if (value === undefined) throw wrongOperand(raw, wanted, place);
    return readJson(value, place.budget, place.at);
  };
}

function listOf(read: ReadOperand, min = 0): ReadOperand {
  return (raw, place) => {
    const elements = readElements(raw, place.budget.limits.maxInValues, place.at);
    if (elements === undefined) throw wrongOperand(raw, "an array of values", place);
    if (elements.length < min)
      throw invalidFilter(place.at, "nothing to exclude: the array is empty, which would match everyone");
    return distinctValues(
      elements.map((element, index) => read(element, { budget: place.budget, at: pointer(place.at, index) })),
    );
  };
}

/** An object of exactly these members, each a number within its bounds. */
function box(bounds: Readonly<Record<string, readonly [number, number]>>, wanted: string): ReadOperand {
  return (raw, place) => {
    const entries = readEntries(raw, place.at);
    const names = Object.keys(bounds);
    if (entries?.length !== names.length) throw wrongOperand(raw, wanted, place);
    const members = Object.fromEntries(
      entries.map(([name, value]) => {
        const [min, max] = (Object.hasOwn(bounds, name) ? bounds[name] : undefined) ?? [Number.NaN, Number.NaN];
        const fits = typeof value === "number" && value >= min && value <= max;
        if (!fits)
          throw invalidFilter(pointer(place.at, name), `${wanted}, where ${name} is a number from ${min} to ${max}`);
        return [name, value + 0];
      }),
    );
    return checkBox(members, place);
  };
}

function checkBox(members: Readonly<Record<string, number>>, place: OperandPlace): JsonValue {
  const { south, north } = members;
  if (south !== undefined && north !== undefined && south > north)
    throw invalidFilter(place.at, "south lies above north");
  return readJson(members, place.budget, place.at);
}

function readText(raw: unknown, place: OperandPlace): string {
  if (typeof raw !== "string") throw wrongOperand(raw, "a string", place);
  readJson(raw, place.budget, place.at);
  return raw;
}

function codePoints(text: string): number {
  return Array.from(text).length;
}

function wrongOperand(raw: unknown, wanted: string, place: OperandPlace): Error {
  const instead = place.instead === undefined ? "" : `; if that is the name of a field, write ${place.instead}`;
  return invalidFilter(place.at, `the operand must be ${wanted}, not ${show(raw)}${instead}`);
}
