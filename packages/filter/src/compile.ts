import type { AboutLeaf, Facts, FieldLeaf, Filter, JsonObject, JsonValue, Metadata, Operator } from "./ast.ts";
import { invalidFilter } from "./errors.ts";
import type { Check } from "./operators/check.ts";
import { contains, equals, isOneOf } from "./operators/equality.ts";
import { type Ordering, ordersAgainst } from "./operators/ordering.ts";
import { isInBox, isNear } from "./operators/place.ts";
import { hasType } from "./operators/shape.ts";
import { endsWith, matchesPattern, startsWith } from "./operators/text.ts";
import { equalsVersion, isOneOfVersions, versionOrders } from "./operators/version.ts";
import { isObject } from "./json.ts";

/** Answers for one registration. Pure; never throws for metadata that is JSON. */
export type FilterTest = (metadata: Metadata, facts?: Facts) => boolean;

type Test = (metadata: Metadata, facts: Facts) => boolean;

/**
 * Compiles a parsed filter to closures, once for many registrations. Own keys only: `__proto__`, `constructor` and the
 * like are data, and metadata may be null-prototype objects.
 *
 * A filter that asks for `$identity`, `$attached` or `$registeredAt` needs the facts at every call.
 *
 * @throws FilterError INVALID_FILTER when the returned function is called without facts it needs.
 */
export function compileFilter(filter: Filter): FilterTest {
  const test = compile(filter);
  // Without such a leaf nothing below reads the facts.
  if (!needsFacts(filter)) return test as FilterTest;
  return (metadata, facts) => {
    if (facts === undefined)
      throw invalidFilter("", "the filter asks for $identity, $attached or $registeredAt: give the facts");
    return test(metadata, facts);
  };
}

/** Whether a filter asks for anything but metadata. */
export function needsFacts(filter: Filter): boolean {
  if (filter.op === "and" || filter.op === "or") return filter.nodes.some(needsFacts);
  return filter.op === "not" ? needsFacts(filter.node) : "about" in filter;
}

function compile(filter: Filter): Test {
  switch (filter.op) {
    case "and":
      return every(byCost(filter.nodes).map(compile));
    case "or":
      return some(byCost(filter.nodes).map(compile));
    case "not": {
      const test = compile(filter.node);
      return (metadata, facts) => !test(metadata, facts);
    }
    default:
      return "path" in filter ? compileField(filter) : compileAbout(filter);
  }
}

function every(tests: readonly Test[]): Test {
  const [a, b, c] = tests;
  if (a !== undefined && b !== undefined && c !== undefined) {
    if (tests.length === 3) return (metadata, facts) => a(metadata, facts) && b(metadata, facts) && c(metadata, facts);
  } else if (a !== undefined && b !== undefined) {
    return (metadata, facts) => a(metadata, facts) && b(metadata, facts);
  }
  return (metadata, facts) => {
    for (const test of tests) if (!test(metadata, facts)) return false;
    return true;
  };
}

function some(tests: readonly Test[]): Test {
  const [a, b, c] = tests;
  if (a !== undefined && b !== undefined && c !== undefined) {
    if (tests.length === 3) return (metadata, facts) => a(metadata, facts) || b(metadata, facts) || c(metadata, facts);
  } else if (a !== undefined && b !== undefined) {
    return (metadata, facts) => a(metadata, facts) || b(metadata, facts);
  }
  return (metadata, facts) => {
    for (const test of tests) if (test(metadata, facts)) return true;
    return false;
  };
}

/** Cheap comparisons first; the order of children has no meaning. */
function byCost(nodes: readonly Filter[]): readonly Filter[] {
  return [...nodes].sort((a, b) => cost(a) - cost(b));
}

function cost(filter: Filter): number {
  if (filter.op === "and" || filter.op === "or") return filter.nodes.reduce((sum, node) => sum + cost(node), 0);
  if (filter.op === "not") return cost(filter.node);
  if (filter.op === "regex") return 100;
  if ("as" in filter && filter.as === "semver") return 20;
  return filter.op === "near" || filter.op === "contains" ? 10 : 1;
}

function compileField(leaf: FieldLeaf): Test {
  const { path, op, value } = leaf;
  if (op === "exists") {
    const present = at(path, () => true);
    return value === true ? present : (metadata, facts) => !present(metadata, facts);
  }
  return at(path, leaf.as === "semver" ? checkVersion(op, value) : check(op, value));
}

function compileAbout(leaf: AboutLeaf): Test {
  const { about, op, value } = leaf;
  const holds = check(op, value);
  return (_, facts) => holds(facts[about]);
}

/** Timestamps need no reading of their own: both sides are in the one form whose text order is the order of time. */
function check(op: Operator, value: JsonValue): Check {
  switch (op) {
    case "eq":
      return equals(value);
    case "ne":
      return negated(equals(value));
    case "in":
      return isOneOf(value);
    case "nin":
      return negated(isOneOf(value));
    case "lt":
    case "lte":
    case "gt":
    case "gte":
      return ordersAgainst(op, value);
    default:
      return CHECKS[op](value);
  }
}

const CHECKS = {
  startswith: startsWith,
  endswith: endsWith,
  contains,
  regex: matchesPattern,
  exists: equals,
  type: hasType,
  near: isNear,
  within: isInBox,
} as const;

function checkVersion(op: Operator, value: JsonValue): Check {
  switch (op) {
    case "eq":
      return equalsVersion(value);
    case "ne":
      return negated(equalsVersion(value));
    case "in":
      return isOneOfVersions(value);
    case "nin":
      return negated(isOneOfVersions(value));
    case "lt":
    case "lte":
    case "gt":
    case "gte":
      return versionOrders(op satisfies Ordering, value);
    default:
      return check(op, value);
  }
}

function negated(check: Check): Check {
  return (value) => !check(value);
}

/**
 * Reads a path, by length. The value is looked at first and the own key asked for last, so that what does not match
 * costs one property read; metadata is JSON, so reading an inherited member does nothing.
 */
function at(path: FieldLeaf["path"], check: Check): Test {
  const [first, second] = path;
  if (second === undefined) return (metadata) => holdsAt(metadata, first, check);
  if (path.length > 2) return deep(path, check);
  return (metadata) => {
    const inner = metadata[first];
    return isObject(inner) && holdsAt(inner, second, check) && Object.hasOwn(metadata, first);
  };
}

function deep(path: FieldLeaf["path"], check: Check): Test {
  const parents = path.slice(0, -1);
  const last = path.at(-1) ?? path[0];
  return (metadata) => {
    let object: JsonObject = metadata;
    for (const segment of parents) {
      const inner = Object.hasOwn(object, segment) ? object[segment] : undefined;
      if (!isObject(inner)) return false;
      object = inner;
    }
    return holdsAt(object, last, check);
  };
}

function holdsAt(object: JsonObject, key: string, check: Check): boolean {
  const value = object[key];
  return value !== undefined && check(value) && Object.hasOwn(object, key);
}
