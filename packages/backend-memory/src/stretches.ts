/** Which stretch of the values, in the order of `compareValues`, one comparison selects. */

import { compareValues, type JsonPrimitive, type JsonValue, type Operator } from "@muster/filter";

/** A stretch of the primitives: those that are not below it and up to its end. */
export interface Stretch {
  readonly isBelow: (value: JsonPrimitive) => boolean;
  readonly isUpTo: (value: JsonPrimitive) => boolean;
}

/** The stretches of primitives that `op operand` selects, and no others; `undefined`: they are not stretches. */
export function stretchesOf(op: Operator, operand: JsonValue): readonly Stretch[] | undefined {
  switch (op) {
    case "eq":
      return isPrimitive(operand) ? [equalTo(operand)] : undefined;
    case "in":
      return Array.isArray(operand) && operand.every(isPrimitive) ? operand.map(equalTo) : undefined;
    case "startswith":
      return typeof operand === "string" ? [startingWith(operand)] : undefined;
    case "lt":
    case "lte":
    case "gt":
    case "gte":
      return typeof operand === "number" || typeof operand === "string" ? [ordered(op, operand)] : undefined;
    default:
      return undefined;
  }
}

/** Stretches that hold all that lies in a stretch of both; two long lists are not worth comparing each with each. */
export function intersect(some: readonly Stretch[], others: readonly Stretch[]): readonly Stretch[] {
  if (some.length > 1 && others.length > 1) return some.length < others.length ? some : others;
  return some.flatMap((a) =>
    others.map((b) => ({
      isBelow: (value) => a.isBelow(value) || b.isBelow(value),
      isUpTo: (value) => a.isUpTo(value) && b.isUpTo(value),
    })),
  );
}

function equalTo(operand: JsonPrimitive): Stretch {
  return { isBelow: below(operand), isUpTo: upTo(operand) };
}

function startingWith(prefix: string): Stretch {
  const isBelow = below(prefix);
  return { isBelow, isUpTo: (value) => isBelow(value) || (typeof value === "string" && value.startsWith(prefix)) };
}

/** An order never leaves the type of its operand. */
function ordered(op: "lt" | "lte" | "gt" | "gte", operand: number | string): Stretch {
  const isText = typeof operand === "string";
  const isBelowType = below(isText ? "" : Number.NEGATIVE_INFINITY);
  if (op === "lt") return { isBelow: isBelowType, isUpTo: below(operand) };
  if (op === "lte") return { isBelow: isBelowType, isUpTo: upTo(operand) };
  const isUpTo = isText ? (): boolean => true : upTo(Number.POSITIVE_INFINITY);
  return { isBelow: op === "gt" ? upTo(operand) : below(operand), isUpTo };
}

function below(operand: JsonPrimitive): (value: JsonPrimitive) => boolean {
  return (value) => compareValues(value, operand) < 0;
}

function upTo(operand: JsonPrimitive): (value: JsonPrimitive) => boolean {
  return (value) => compareValues(value, operand) <= 0;
}

function isPrimitive(value: JsonValue): value is JsonPrimitive {
  return typeof value !== "object" || value === null;
}
