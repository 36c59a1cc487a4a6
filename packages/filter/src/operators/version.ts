import type { JsonValue } from "../ast.ts";
import { compareSemver, parseSemver } from "../semver.ts";
import type { Check } from "./check.ts";
import { holds, type Ordering } from "./ordering.ts";

/** Compares by precedence; a stored value that is no version is neither equal nor in any order. */
export function versionOrders(op: Ordering, operand: JsonValue): Check {
  return versionIs(operand, holds(op));
}

export function equalsVersion(operand: JsonValue): Check {
  return versionIs(operand, (order) => order === 0);
}

export function isOneOfVersions(operand: JsonValue): Check {
  const checks = Array.isArray(operand) ? operand.map(equalsVersion) : [];
  return (value) => checks.some((check) => check(value));
}

function versionIs(operand: JsonValue, isAsked: (order: number) => boolean): Check {
  const wanted = typeof operand === "string" ? parseSemver(operand) : undefined;
  return (value) => {
    const version = typeof value === "string" ? parseSemver(value) : undefined;
    return version !== undefined && wanted !== undefined && isAsked(compareSemver(version, wanted));
  };
}
