/** What the mutants of filters are made with: a registry that selects by an evaluator of its own. */

import type { FilterFacet, RegistryBackend, Registration, Route } from "@muster/core/slots";
import {
  compileFilter,
  type Filter,
  type FilterTest,
  isObject,
  type JsonObject,
  type JsonPrimitive,
  type JsonValue,
  type Leaf,
  type Metadata,
  readPath,
  splitFilter,
} from "@muster/filter";
import type { Mutant } from "../../mutant.ts";
import { registryMutant } from "../registry/support.ts";

/** How this evaluator goes wrong; what is not given is right. */
export interface WrongEvaluator {
  /** What becomes of one comparison: another filter, or a test. `undefined`: it is right. */
  leaf?(leaf: Leaf): Filter | FilterTest | undefined;
  /** What the evaluator takes metadata for. */
  metadata?(metadata: Metadata): Metadata;
  /** Default: everything is native but what never may be. */
  readonly split?: FilterFacet["split"];
}

/** A mutant that selects by a wrong evaluator wherever filters are asked. */
export function evaluatorMutant(about: Omit<Mutant, "of">, wrong: WrongEvaluator): Mutant {
  return registryMutant(about, (real) => selecting(real, testOf(wrong), wrong.split));
}

type TestOf = (filter: Filter) => FilterTest;

/** The registry with filters done by `testOf`, over its unfiltered scans. */
export function selecting(
  real: RegistryBackend,
  testOf: TestOf,
  split: FilterFacet["split"] = pushAll,
): Partial<RegistryBackend> {
  const scan: RegistryBackend["scan"] = ({ filter, ...query }, call) =>
    filter === undefined ? real.scan(query, call) : kept(real.scan(query, call), testOf(filter));
  const scanRoutes: RegistryBackend["scanRoutes"] = (query, call) =>
    query.filter === undefined ? real.scanRoutes(query, call) : scan(query, call);
  const { counts } = real;
  return {
    filters: { split },
    scan,
    scanRoutes,
    ...(counts === undefined
      ? {}
      : {
          counts: {
            async count(filter, call): Promise<number> {
              return filter === undefined ? counts.count(filter, call) : sizeOf(scan({ filter, pageSize: 100 }, call));
            },
          },
        }),
  };
}

export function pushAll(filter: Filter): ReturnType<FilterFacet["split"]> {
  return splitFilter(filter, (leaf) => !("about" in leaf && leaf.about === "attached"));
}

function testOf(wrong: WrongEvaluator): TestOf {
  return (filter) => {
    const test = compiled(filter, wrong);
    return (metadata, facts) => test(wrong.metadata?.(metadata) ?? metadata, facts);
  };
}

export async function* kept<R extends Registration>(
  pages: AsyncIterable<readonly R[]>,
  test: FilterTest,
): AsyncGenerator<readonly R[]> {
  for await (const page of pages) {
    yield page.filter((one) => test(one.metadata, { ...factsOf(one), attached: false }));
  }
}

async function sizeOf(pages: AsyncIterable<readonly Route[]>): Promise<number> {
  let size = 0;
  for await (const page of pages) size += page.length;
  return size;
}

function factsOf({ identity, registeredAt }: Route): { identity: string; registeredAt: number } {
  return { identity, registeredAt };
}

function compiled(filter: Filter, wrong: WrongEvaluator): FilterTest {
  if (filter.op === "not") {
    const test = compiled(filter.node, wrong);
    return (metadata, facts) => !test(metadata, facts);
  }
  if (filter.op === "and" || filter.op === "or") {
    const tests = filter.nodes.map((node) => compiled(node, wrong));
    return filter.op === "and"
      ? (metadata, facts) => tests.every((test) => test(metadata, facts))
      : (metadata, facts) => tests.some((test) => test(metadata, facts));
  }
  const other = wrong.leaf?.(filter) ?? filter;
  return typeof other === "function" ? other : compileFilter(other);
}

/** A comparison that asks `holds` of the value at the leaf's path, and is false where there is none. */
export function atPath(leaf: Leaf, holds: (value: JsonValue) => boolean): FilterTest | undefined {
  if (!("path" in leaf)) return undefined;
  const { path } = leaf;
  return (metadata) => {
    const value = readPath(metadata, path);
    return value !== undefined && holds(value);
  };
}

/** The value with each of its scalars changed, at any depth. */
export function eachScalar(value: JsonValue, change: (scalar: JsonPrimitive) => JsonPrimitive): JsonValue {
  if (Array.isArray(value)) return value.map((one: JsonValue) => eachScalar(one, change));
  if (!isObject(value)) return change(value as JsonPrimitive); // Neither an array nor an object.
  return eachMember(value, (member) => eachScalar(member, change));
}

function eachMember(object: JsonObject, change: (member: JsonValue) => JsonValue): JsonObject {
  return Object.fromEntries(Object.entries(object).map(([key, member]) => [key, change(member)]));
}

/** Filtered scans and counts go through `scan`; the rest is the real thing. */
export function scanning(
  real: RegistryBackend,
  scan: (test: FilterTest, pageSize: number) => RegistryBackend["scan"],
): Partial<RegistryBackend> {
  const right = selecting(real, compileFilter);
  return {
    ...right,
    scan: (query, call) => {
      const { filter } = query;
      if (filter === undefined) return real.scan(query, call);
      return scan(compileFilter(filter), query.pageSize)(query, call);
    },
  };
}

export function matches(test: FilterTest, one: Registration, metadata: Metadata = one.metadata): boolean {
  return test(metadata, { ...factsOf(one), attached: false });
}
