import type { JsonValue, Operator } from "../ast.ts";
import { compareStrings } from "../order.ts";
import { type ByKey, byKey, type Check } from "./check.ts";

export type Ordering = Extract<Operator, "lt" | "lte" | "gt" | "gte">;

const HOLDS: Readonly<Record<Ordering, (order: number) => boolean>> = {
  lt: (order) => order < 0,
  lte: (order) => order <= 0,
  gt: (order) => order > 0,
  gte: (order) => order >= 0,
};

/** Whether an order, as a comparator returns it, is the asked one. */
export function holds(op: Ordering): (order: number) => boolean {
  return HOLDS[op];
}

/** Number with number and string with string by code point; nothing else orders. */
export function ordersAgainst(op: Ordering, operand: JsonValue): ByKey {
  if (typeof operand === "number") return NUMBERS[op](operand);
  if (typeof operand !== "string") return byKey(() => false);
  // Where one side stays below U+D800, the order of UTF-16 units is that of code points.
  if (!/[\ud800-\uffff]/.test(operand)) return byKey(TEXTS[op](operand));
  const isAsked = HOLDS[op];
  return byKey((value) => typeof value === "string" && isAsked(compareStrings(value, operand)));
}

const NUMBERS: Readonly<Record<Ordering, (operand: number) => ByKey>> = {
  lt: (operand) => (key) => (object) => {
    const value = object[key];
    return typeof value === "number" && value < operand;
  },
  lte: (operand) => (key) => (object) => {
    const value = object[key];
    return typeof value === "number" && value <= operand;
  },
  gt: (operand) => (key) => (object) => {
    const value = object[key];
    return typeof value === "number" && value > operand;
  },
  gte: (operand) => (key) => (object) => {
    const value = object[key];
    return typeof value === "number" && value >= operand;
  },
};

const TEXTS: Readonly<Record<Ordering, (operand: string) => Check>> = {
  lt: (operand) => (value) => typeof value === "string" && value < operand,
  lte: (operand) => (value) => typeof value === "string" && value <= operand,
  gt: (operand) => (value) => typeof value === "string" && value > operand,
  gte: (operand) => (value) => typeof value === "string" && value >= operand,
};
