import type { JsonValue } from "../ast.ts";
import type { Check } from "./check.ts";

export function hasType(operand: JsonValue): Check {
  return (value) => jsonType(value) === operand;
}

function jsonType(value: JsonValue): string {
  if (value === null) return "null";
  return Array.isArray(value) ? "array" : typeof value;
}
