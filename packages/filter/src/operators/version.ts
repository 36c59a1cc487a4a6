import type { JsonValue } from "../ast.ts";
import { compareSemver, parseSemver, precedenceText, type Semver } from "../semver.ts";
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
  const versions: readonly JsonValue[] = Array.isArray(operand) ? operand : [];
  const wanted = new Set(versions.flatMap((version) => textOf(version) ?? []));
  return (value) => {
    const text = textOf(value);
    return text !== undefined && wanted.has(text);
  };
}

function versionIs(operand: JsonValue, isAsked: (order: number) => boolean): Check {
  const wanted = versionOf(operand);
  return (value) => {
    const version = versionOf(value);
    return version !== undefined && wanted !== undefined && isAsked(compareSemver(version, wanted));
  };
}

function versionOf(value: JsonValue): Semver | undefined {
  return typeof value === "string" ? parseSemver(value) : undefined;
}

function textOf(value: JsonValue): string | undefined {
  const version = versionOf(value);
  return version && precedenceText(version);
}
