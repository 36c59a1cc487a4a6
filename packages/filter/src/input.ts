import type { JsonValue } from "./ast.ts";
import { type FilterError, invalidFilter, pointer, tooComplex } from "./errors.ts";
import { type Budget, MAX_OPERAND_DEPTH, spendBytes, utf8Bytes } from "./limits.ts";
import { isStorableText } from "./json.ts";

/**
 * Reading what a caller handed over, which may be anything: getters are never called, proxies that throw and objects with
 * a class are refused, and everything is read once.
 */

export type Entries = readonly (readonly [key: string, value: unknown])[];

/** The members of a plain object; `undefined` when the value is no plain object. */
export function readEntries(value: unknown, at: string): Entries | undefined {
  const members = attempt(at, () => {
    if (typeof value !== "object" || value === null || Array.isArray(value) || classDepth(value) > 1) return undefined;
    return Reflect.ownKeys(value).map((key) => [key, Reflect.getOwnPropertyDescriptor(value, key)] as const);
  });
  return members?.map(([key, member]) => {
    if (typeof key === "symbol") throw invalidFilter(at, "symbols are no field names");
    return [key, memberValue(member, pointer(at, key))];
  });
}

/** The elements of a plain array of at most `max`; `undefined` when the value is no plain array. */
export function readElements(value: unknown, max: number, at: string): readonly unknown[] | undefined {
  const members = attempt(at, () => {
    if (!Array.isArray(value) || classDepth(value) !== 2) return undefined;
    const length = Number(Reflect.getOwnPropertyDescriptor(value, "length")?.value);
    if (!(length <= max)) return length;
    return Array.from({ length }, (_, index) => Reflect.getOwnPropertyDescriptor(value, index));
  });
  if (typeof members === "number") throw tooComplex(at, `at most ${max} values here, not ${members}`);
  return members?.map((member, index) => memberValue(member, pointer(at, index)));
}

/** A copy of a JSON operand, −0 as 0, within the size limits. */
export function readJson(value: unknown, budget: Budget, at: string): JsonValue {
  const own: Budget = { ...budget, bytes: budget.limits.maxOperandBytes };
  const copy = copyJson(value, own, at, 1);
  spendBytes(budget, budget.limits.maxOperandBytes - own.bytes, at);
  return copy;
}

function copyJson(value: unknown, budget: Budget, at: string, depth: number): JsonValue {
  switch (typeof value) {
    case "boolean":
      spendOperand(budget, value ? 4 : 5, at);
      return value;
    case "number":
      if (!Number.isFinite(value)) throw invalidFilter(at, `${value} is no JSON number`);
      spendOperand(budget, String(value).length, at);
      return value + 0;
    case "string":
      return copyText(value, budget, at);
    case "object":
      if (value === null) spendOperand(budget, 4, at);
      return value === null ? null : copyMembers(value, budget, at, depth);
    default:
      throw notJson(value, at);
  }
}

function copyText(text: string, budget: Budget, at: string): string {
  spendOperand(budget, text.length + 2, at);
  if (!isStorableText(text)) throw invalidFilter(at, "text holds no NUL and no lone surrogates");
  spendOperand(budget, utf8Bytes(text) - text.length, at);
  return text;
}

function copyMembers(value: object, budget: Budget, at: string, depth: number): JsonValue {
  if (depth > MAX_OPERAND_DEPTH) throw tooComplex(at, `an operand nests at most ${MAX_OPERAND_DEPTH} deep`);
  const elements = readElements(value, budget.limits.maxOperandBytes, at);
  if (elements !== undefined) {
    spendOperand(budget, elements.length + 1, at);
    return elements.map((element, index) => copyJson(element, budget, pointer(at, index), depth + 1));
  }
  const entries = readEntries(value, at);
  if (entries === undefined) throw notJson(value, at);
  spendOperand(budget, entries.length + 1, at);
  return Object.fromEntries(
    entries.map(([key, member]) => {
      const name = copyText(key, budget, at);
      spendOperand(budget, 1, at);
      return [name, copyJson(member, budget, pointer(at, key), depth + 1)];
    }),
  );
}

function spendOperand(budget: Budget, bytes: number, at: string): void {
  budget.bytes -= bytes;
  if (budget.bytes < 0) throw tooComplex(at, `an operand takes at most ${budget.limits.maxOperandBytes} bytes`);
}

function memberValue(member: PropertyDescriptor | undefined, at: string): unknown {
  if (member === undefined || !member.enumerable || !("value" in member)) {
    throw invalidFilter(at, "only plain JSON: no getters, holes or hidden members");
  }
  return member.value;
}

/** How many prototypes stand above: 0 or 1 for a plain object, 2 for a plain array, of any realm; more than 2 is 3. */
function classDepth(value: object): number {
  let depth = 0;
  for (let above = Reflect.getPrototypeOf(value); above !== null && depth < 3; depth++)
    above = Reflect.getPrototypeOf(above);
  return depth;
}

/** Whatever a proxy throws when it is touched is no business of the caller's. */
function attempt<T>(at: string, read: () => T): T {
  try {
    return read();
  } catch {
    throw invalidFilter(at, "the value cannot be read");
  }
}

function notJson(value: unknown, at: string): FilterError {
  if (value === undefined) return invalidFilter(at, "undefined is no value; leave the key out or write null");
  return invalidFilter(
    at,
    `only plain JSON here: no ${typeof value === "object" ? "instances of classes" : typeof value}`,
  );
}
