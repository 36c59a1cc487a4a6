import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { seededRandom } from "../src/corpus/index.ts";
import {
  and,
  type CanPush,
  compileFilter,
  type Filter,
  type Leaf,
  not,
  or,
  parseFilter,
  splitFilter,
  splitForComparisons,
  splitForEvaluator,
  where,
} from "../src/index.ts";
import { documentsOf, filterOf, filterSeeds } from "./arbitraries.ts";

const a = where("a").eq(1);
const b = where("b").eq(2);
const c = where("c").eq(3);
const wide = where("c").present();

const onlyA: CanPush = (leaf) => "path" in leaf && leaf.path[0] === "a";
const widenC: CanPush = (leaf) => ("path" in leaf && leaf.path[0] === "c" ? wide : onlyA(leaf));

function leavesOf(filter: Filter): readonly Leaf[] {
  if (filter.op === "and" || filter.op === "or") return filter.nodes.flatMap(leavesOf);
  return filter.op === "not" ? leavesOf(filter.node) : [filter];
}

/** Decides by the leaf alone, at random: exactly, not at all, or by the candidates that have the field. */
function randomPush(seed: number): CanPush {
  const decided = new Map<string, boolean | Filter>();
  const random = seededRandom(seed);
  return (leaf) => {
    const key = JSON.stringify(leaf);
    const candidates = "path" in leaf && leaf.op !== "exists" ? presence(leaf.path) : true;
    const decision = decided.get(key) ?? [true, false, candidates][Math.floor(random() * 3)] ?? false;
    decided.set(key, decision);
    return decision;
  };
}

function presence(path: readonly [string, ...string[]]): Filter {
  return { op: "exists", path, value: true };
}

describe("splitFilter", () => {
  it("recombines to the filter, whatever is pushed", { timeout: 60_000 }, () => {
    let pushed = 0;
    fc.assert(
      fc.property(filterSeeds, filterSeeds, (seed, pushSeed) => {
        const filter = parseFilter(filterOf(seed));
        const { native, residual } = splitFilter(filter, randomPush(pushSeed));
        expect(native ?? residual).toBeDefined();
        const whole = compileFilter(filter);
        const [first, second] = [native, residual].map((part) =>
          part === undefined ? () => true : compileFilter(part),
        );
        pushed += Number(native !== undefined);
        for (const metadata of documentsOf(seed, 20)) {
          const answer = first?.(metadata) === true && second?.(metadata) === true;
          if (answer !== whole(metadata)) expect.fail(JSON.stringify({ filter, native, residual, metadata }));
        }
      }),
      { numRuns: 3_000 },
    );
    expect(pushed).toBeGreaterThan(1_000);
  });

  it("is the recombined filter itself where nothing was widened", () => {
    fc.assert(
      fc.property(filterSeeds, filterSeeds, (seed, pushSeed) => {
        const filter = parseFilter(filterOf(seed));
        const random = randomPush(pushSeed);
        const { native, residual } = splitFilter(filter, (leaf) => random(leaf) === true);
        const parts = [native ?? [], residual ?? []].flat();
        expect(compileAll(parts, seed)).toEqual(compileAll([filter], seed));
      }),
    );
  });

  it("pushes everything where everything is exact, and nothing where nothing is", () => {
    const filter = and(or(a, not(b)), c);
    expect(splitFilter(filter, () => true)).toEqual({ native: filter });
    expect(splitFilter(filter, () => false)).toEqual({ residual: filter });
  });

  it("never offers more than the leaves it was allowed", () => {
    fc.assert(
      fc.property(filterSeeds, filterSeeds, (seed, pushSeed) => {
        const canPush = randomPush(pushSeed);
        const { native } = splitFilter(parseFilter(filterOf(seed)), (leaf) => canPush(leaf) === true);
        for (const leaf of native === undefined ? [] : leavesOf(native)) {
          expect(canPush(leaf)).toBe(true);
          expect(leaf.op).not.toBe("regex");
        }
      }),
    );
  });

  it("divides a conjunction child by child", () => {
    expect(splitFilter(and(a, b), onlyA)).toEqual({ native: a, residual: b });
    expect(splitFilter(and(a, b, c), widenC)).toEqual({ native: and(a, wide), residual: and(b, c) });
  });

  it("keeps a disjunction whole unless every child has a native part", () => {
    expect(splitFilter(or(a, b), onlyA)).toEqual({ residual: or(a, b) });
    expect(splitFilter(or(a, c), widenC)).toEqual({ native: or(a, wide), residual: or(a, c) });
    expect(splitFilter(or(a, and(b, c)), widenC)).toEqual({ native: or(a, wide), residual: or(a, and(b, c)) });
  });

  it("never negates candidates", () => {
    expect(splitFilter(not(c), widenC)).toEqual({ residual: not(c) });
    expect(splitFilter(not(and(a, c)), widenC)).toEqual({ residual: not(and(a, c)) });
    expect(splitFilter(not(a), widenC)).toEqual({ native: not(a) });
  });

  it("divides a negated disjunction", () => {
    expect(splitFilter(not(or(a, c)), widenC)).toEqual({ native: not(a), residual: not(c) });
  });

  it("never takes regex as exact, but takes candidates for it", () => {
    const regex = where("a").regex("^ab");
    const prefix = where("a").startswith("ab");
    expect(splitFilter(regex, () => true)).toEqual({ residual: regex });
    expect(splitFilter(regex, () => prefix)).toEqual({ native: prefix, residual: regex });
    expect(splitFilter(not(regex), () => prefix)).toEqual({ residual: not(regex) });
  });
});

describe("splitForEvaluator", () => {
  it("makes everything native but regex and $attached", () => {
    const native = parseFilter({
      "a.near": { lat: 1, lon: 1, radiusM: 1 },
      "b.contains": 1,
      $not: { "$registeredAt.lt": 5 },
    });
    expect(splitForEvaluator(native)).toEqual({ native });
    for (const residual of [parseFilter({ "a.regex": "x" }), parseFilter({ $attached: true })])
      expect(splitForEvaluator(residual)).toEqual({ residual });
  });

  it("narrows by the literal prefix of an anchored pattern", () => {
    const residual = parseFilter({ "a.regex": "^fire.*" });
    expect(splitForEvaluator(residual)).toEqual({ native: parseFilter({ "a.startswith": "fire" }), residual });
  });
});

describe("splitForComparisons", () => {
  it("leaves versions to the evaluator, but for their text", () => {
    const schema = { fields: { firmware: { type: "semver" } } };
    for (const [key, operand] of Object.entries({ eq: "1.0", lt: "2.0", gte: "2.0", in: ["1.0"] })) {
      const residual = parseFilter({ [`firmware.${key}`]: operand }, { schema });
      expect(splitForComparisons(residual)).toEqual({ residual });
    }
    const native = parseFilter({ "firmware.startswith": "1." }, { schema });
    expect(splitForComparisons(native)).toEqual({ native });
  });

  it("finds candidates for places in a box", () => {
    const residual = parseFilter({ "at.within": { south: 1, north: 2, west: 3, east: 4 } });
    const nodes = [
      { op: "gte", path: ["at", "lat"], value: 1 },
      { op: "lte", path: ["at", "lat"], value: 2 },
      { op: "gte", path: ["at", "lon"], value: 3 },
      { op: "lte", path: ["at", "lon"], value: 4 },
    ];
    expect(splitForComparisons(residual)).toEqual({ native: { op: "and", nodes }, residual });
  });

  it("leaves whether somebody is attached, and other facts by what they are not ordered by", () => {
    for (const residual of [parseFilter({ $attached: true }), parseFilter({ "a.regex": "x" })])
      expect(splitForComparisons(residual)).toEqual({ residual });
    const native = parseFilter({ $identity: { $startswith: "a" }, "$registeredAt.lt": 5, "b.contains": 1 });
    expect(splitForComparisons(native)).toEqual({ native });
  });
});

function compileAll(filters: readonly Filter[], seed: number): readonly boolean[] {
  const tests = filters.map(compileFilter);
  return documentsOf(seed, 20).map((metadata) => tests.every((test) => test(metadata)));
}
