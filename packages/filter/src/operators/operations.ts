import type { JsonValue, Leaf, Operator } from "../ast.ts";
import { type ByKey, byKey, type Check } from "./check.ts";
import { contains, equals, equalTo, isOneOf } from "./equality.ts";
import { ordersAgainst } from "./ordering.ts";
import { isInBox, isNear } from "./place.ts";
import { hasType } from "./shape.ts";
import { endsWith, matchesPattern, startsWith } from "./text.ts";
import { equalsVersion, isOneOfVersions, versionOrders } from "./version.ts";

type Operation = (operand: JsonValue) => ByKey;

/** The meaning of each operator. */
const OPERATIONS: Readonly<Record<Operator, Operation>> = {
  eq: equals,
  ne: not(equalTo),
  lt: (operand) => ordersAgainst("lt", operand),
  lte: (operand) => ordersAgainst("lte", operand),
  gt: (operand) => ordersAgainst("gt", operand),
  gte: (operand) => ordersAgainst("gte", operand),
  in: of(isOneOf),
  nin: not(isOneOf),
  startswith: startsWith,
  endswith: of(endsWith),
  contains: of(contains),
  regex: of(matchesPattern),
  exists: of(() => () => true),
  type: of(hasType),
  near: of(isNear),
  within: of(isInBox),
};

const VERSION_OPERATIONS: Partial<Record<Operator, Operation>> = {
  eq: of(equalsVersion),
  ne: not(equalsVersion),
  lt: of((operand) => versionOrders("lt", operand)),
  lte: of((operand) => versionOrders("lte", operand)),
  gt: of((operand) => versionOrders("gt", operand)),
  gte: of((operand) => versionOrders("gte", operand)),
  in: of(isOneOfVersions),
  nin: not(isOneOfVersions),
};

/**
 * What a leaf asks of a present member; of `exists` only that it is. Timestamps need no reading of their own: both sides
 * are in the one form whose text order is the order of time.
 */
export function operationOf(leaf: Leaf): ByKey {
  const versions = "path" in leaf && leaf.as === "semver" ? VERSION_OPERATIONS[leaf.op] : undefined;
  return (versions ?? OPERATIONS[leaf.op])(leaf.value);
}

function of(makeCheck: (operand: JsonValue) => Check): Operation {
  return (operand) => byKey(makeCheck(operand));
}

function not(makeCheck: (operand: JsonValue) => Check): Operation {
  return (operand) => {
    const check = makeCheck(operand);
    return byKey((value) => !check(value));
  };
}
