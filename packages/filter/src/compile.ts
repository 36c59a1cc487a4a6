import type { Facts, FieldLeaf, Filter, Metadata } from "./ast.ts";
import { every, none, some, type Test } from "./combine.ts";
import { invalidFilter } from "./errors.ts";
import { operationOf } from "./operators/operations.ts";
import { isOwn, passesAt } from "./reading.ts";

/** Answers for one registration. Pure; never throws for metadata that is JSON. */
export type FilterTest = (metadata: Metadata, facts?: Facts) => boolean;

/**
 * Own keys are asked for last. A property read costs little and rules out most documents; only for those it leaves is it
 * asked whether what was read was the document's own.
 */
interface Compiled {
  /** Holds wherever the filter does, and where it would if inherited members and those of arrays counted. */
  readonly suspects: Test;
  /** Asked where `suspects` holds: whether the filter does. Absent: it does. */
  readonly confirms?: Test;
}

/**
 * Compiles a parsed filter to closures, once for many registrations. Own keys only: `__proto__`, `constructor` and the
 * like are data, and metadata may be null-prototype objects.
 *
 * A filter that asks for `$identity`, `$attached` or `$registeredAt` needs the facts at every call.
 *
 * @throws FilterError INVALID_FILTER when the returned function is called without facts it needs.
 */
export function compileFilter(filter: Filter): FilterTest {
  const test = decides(compile(filter));
  // Without such a leaf nothing below reads the facts.
  if (!needsFacts(filter)) return test as FilterTest;
  return (metadata, facts) => {
    if (facts === undefined) {
      throw invalidFilter("", "the filter asks for $identity, $attached or $registeredAt: give the facts");
    }
    return test(metadata, facts);
  };
}

/** Whether a filter asks for anything but metadata. */
export function needsFacts(filter: Filter): boolean {
  if (filter.op === "and" || filter.op === "or") return filter.nodes.some(needsFacts);
  return filter.op === "not" ? needsFacts(filter.node) : "about" in filter;
}

function compile(filter: Filter): Compiled {
  switch (filter.op) {
    case "and":
      return compileAnd(byCost(filter.nodes).map(compile));
    case "or":
      return compileOr(byCost(filter.nodes).map(compile));
    case "not":
      return { suspects: none(decides(compile(filter.node))) };
    default:
      if ("path" in filter) return compileField(filter);
  }
  const test = operationOf(filter)(filter.about);
  return { suspects: (_, facts) => test(facts) };
}

function compileAnd(parts: readonly Compiled[]): Compiled {
  const suspects = every(parts.map((part) => part.suspects));
  const confirms = parts.flatMap((part) => part.confirms ?? []);
  return confirms.length === 0 ? { suspects } : { suspects, confirms: everyOf(confirms) };
}

/** Apart from {@link every}, whose closures stay the faster the fewer others they have called. */
function everyOf(tests: readonly Test[]): Test {
  return (metadata, facts) => {
    for (const test of tests) if (!test(metadata, facts)) return false;
    return true;
  };
}

function compileOr(parts: readonly Compiled[]): Compiled {
  const suspects = some(parts.map((part) => part.suspects));
  const isCertain = parts.every((part) => part.confirms === undefined);
  return isCertain ? { suspects } : { suspects, confirms: some(parts.map(decides)) };
}

function compileField(leaf: FieldLeaf): Compiled {
  const present: Compiled = { suspects: passesAt(leaf.path, operationOf(leaf)), confirms: isOwn(leaf.path) };
  return leaf.op === "exists" && leaf.value === false ? { suspects: none(decides(present)) } : present;
}

function decides({ suspects, confirms }: Compiled): Test {
  if (confirms === undefined) return suspects;
  return (metadata, facts) => suspects(metadata, facts) && confirms(metadata, facts);
}

/** Cheap comparisons first; the order of children has no meaning. */
function byCost(nodes: readonly Filter[]): readonly Filter[] {
  return nodes.toSorted((a, b) => cost(a) - cost(b));
}

function cost(filter: Filter): number {
  if (filter.op === "and" || filter.op === "or") return filter.nodes.reduce((sum, node) => sum + cost(node), 0);
  if (filter.op === "not") return cost(filter.node);
  if (filter.op === "regex") return 100;
  if ("as" in filter && filter.as === "semver") return 20;
  return filter.op === "near" || filter.op === "contains" ? 10 : 1;
}
