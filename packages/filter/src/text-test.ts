/**
 * Ruling metadata out by its JSON text, before anything is parsed: most filters ask for something that must stand in the
 * text of whatever they match, and looking for it takes a tenth of the time.
 */

import type { FieldLeaf, Filter, JsonValue, Operator } from "./ast.ts";
import { isObject } from "./json.ts";
import { holds, type Ordering } from "./operators/ordering.ts";

/** Answers for the JSON text of one registration's metadata. */
export type TextTest = (json: string) => boolean;

/** One search each: a longer list is not worth them. */
const MAX_TEXTS = 16;
/** Code units: the longest that `JSON.stringify` writes has 25. */
const MAX_NUMBER_LENGTH = 32;

/**
 * A test that is false only where the filter is: what it lets pass is to be parsed and asked of `compileFilter`.
 * `undefined`: there is nothing to look for.
 *
 * The text must be what `JSON.stringify` writes, without spaces, of plain JSON as Muster stores it: then each string and
 * each number is written in one way only.
 */
export function textTest(filter: Filter): TextTest | undefined {
  switch (filter.op) {
    case "and":
      return every(filter.nodes.flatMap((node) => textTest(node) ?? []));
    case "or": {
      const tests = filter.nodes.flatMap((node) => textTest(node) ?? []);
      return tests.length === filter.nodes.length ? some(tests) : undefined;
    }
    case "not":
      return undefined;
    default:
      return "path" in filter ? leafTest(filter) : undefined;
  }
}

function leafTest({ op, path, value, as }: FieldLeaf): TextTest | undefined {
  if (op === "exists" && value === false) return undefined;
  // Without the quote in front, at which a search would stop everywhere. Longer names end alike, but rarely do.
  const key = `${JSON.stringify(path.at(-1)).slice(1)}:`;
  if (as === "semver") return containing(key); // Equal versions may be written differently.
  if (isOrdering(op)) return typeof value === "number" ? numberBehind(key, op, value) : containing(`${key}"`);
  const texts = TEXTS[op]?.(key, value) ?? [key];
  return texts.length > MAX_TEXTS ? containing(key) : some(texts.map(containing));
}

/** Of which texts one stands where a comparison holds; for all others there is only the key. */
const TEXTS: Partial<Record<Operator, (key: string, operand: JsonValue) => readonly string[]>> = {
  eq: textsOf,
  in: (key, operand) => (Array.isArray(operand) ? operand : []).flatMap((value: JsonValue) => textsOf(key, value)),
  startswith: (key, operand) => [key + JSON.stringify(operand).slice(0, -1)],
  endswith: (_, operand) => [JSON.stringify(operand).slice(1)],
  contains: (key, operand) => [typeof operand === "string" ? JSON.stringify(operand).slice(1, -1) || key : key],
  type: (key, operand) => [key + (TYPES.get(operand) ?? "")],
};

/** How values of a type begin, where all do alike. */
const TYPES: ReadonlyMap<JsonValue, string> = new Map([
  ["string", '"'],
  ["array", "["],
  ["object", "{"],
  ["null", "null"],
]);

/** Of a member that equals the operand; a number ends where the next member begins, or the object ends. */
function textsOf(key: string, operand: JsonValue): readonly string[] {
  if (isObject(operand)) return [`${key}{`];
  if (Array.isArray(operand)) return [`${key}[`];
  const text = key + JSON.stringify(operand);
  return typeof operand === "number" ? [`${text},`, `${text}}`] : [text];
}

function containing(text: string): TextTest {
  return (json) => json.includes(text);
}

/** Whether one of the members of that name, wherever it stands, is a number in that order to the operand. */
function numberBehind(key: string, op: Ordering, operand: number): TextTest {
  const isAsked = holds(op);
  return (json) => {
    for (let at = json.indexOf(key); at >= 0; at = json.indexOf(key, at + 1)) {
      const from = at + key.length;
      if (isAsked(Number.parseFloat(json.slice(from, from + MAX_NUMBER_LENGTH)) - operand)) return true;
    }
    return false;
  };
}

function isOrdering(op: Operator): op is Ordering {
  return op === "lt" || op === "lte" || op === "gt" || op === "gte";
}

function every(tests: readonly TextTest[]): TextTest | undefined {
  const [only] = tests;
  return tests.length < 2 ? only : (json) => tests.every((test) => test(json));
}

function some(tests: readonly TextTest[]): TextTest {
  const [only] = tests;
  return only !== undefined && tests.length === 1 ? only : (json) => tests.some((test) => test(json));
}
