import type { JsonValue } from "../ast.ts";
import { invalidFilter } from "../errors.ts";
import { compilePattern } from "../regex.ts";
import type { ByKey, Check } from "./check.ts";

export function startsWith(operand: JsonValue): ByKey {
  const prefix = operandText(operand);
  return (key) => (object) => {
    const value = object[key];
    return typeof value === "string" && value.startsWith(prefix);
  };
}

export function endsWith(operand: JsonValue): Check {
  const suffix = operandText(operand);
  return (value) => typeof value === "string" && value.endsWith(suffix);
}

export function matchesPattern(operand: JsonValue): Check {
  const compiled = compilePattern(operandText(operand));
  if ("problem" in compiled) throw invalidFilter("", compiled.message);
  const { matches } = compiled;
  return (value) => typeof value === "string" && matches(value);
}

function operandText(operand: JsonValue): string {
  if (typeof operand === "string") return operand;
  throw invalidFilter("", "the operand is a string: compile what parseFilter or the builder made");
}
