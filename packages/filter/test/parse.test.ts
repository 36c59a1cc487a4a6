import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { generatorSchema } from "../src/corpus/index.ts";
import { FilterError, type Filter, formatFilter, parseFilter, where } from "../src/index.ts";
import { filterOf, filterSeeds, nearlyFilters } from "./arbitraries.ts";
import { hostile } from "./hostile.ts";

function refusal(filter: unknown, options?: Parameters<typeof parseFilter>[1]): FilterError {
  try {
    parseFilter(filter, options);
  } catch (error) {
    if (error instanceof FilterError) return error;
    throw error;
  }
  throw new Error("the filter was accepted");
}

describe("parseFilter", () => {
  it("gives leaves of one shape for every spelling", () => {
    const leaf = { op: "lt", path: ["battery"], value: 0.2 };
    expect(parseFilter({ "battery.lt": 0.2 })).toEqual(leaf);
    expect(parseFilter({ battery: { $lt: 0.2 } })).toEqual(leaf);
    expect(where("battery").lt(0.2)).toEqual(leaf);
  });

  it("flattens, sorts and de-duplicates what is conjoined", () => {
    const canonical = parseFilter({ a: 1, b: 2 });
    expect(canonical).toEqual({
      op: "and",
      nodes: [
        { op: "eq", path: ["a"], value: 1 },
        { op: "eq", path: ["b"], value: 2 },
      ],
    });
    expect(parseFilter({ $and: [{ b: 2 }, { $and: [{ a: 1 }, { b: 2 }] }] })).toEqual(canonical);
  });

  it("collapses single children and double negation", () => {
    const leaf = parseFilter({ a: 1 });
    expect(parseFilter({ $or: [{ $and: [{ $not: { $not: { a: 1 } } }] }, { a: 1 }] })).toEqual(leaf);
  });

  it("sorts and de-duplicates the values of in", () => {
    expect(parseFilter({ a: { $in: ["b", 1, "a", { y: 1, x: 2 }, "b", { x: 2, y: 1 }] } })).toEqual({
      op: "in",
      path: ["a"],
      value: ["a", "b", 1, { x: 2, y: 1 }],
    });
  });

  it("freezes the whole tree", () => {
    const isDeepFrozen = (value: unknown): boolean =>
      typeof value !== "object" ||
      value === null ||
      (Object.isFrozen(value) && Object.values(value).every(isDeepFrozen));
    expect(isDeepFrozen(parseFilter({ $or: [{ "a.b": { $in: [{ c: [1] }] } }, { $not: { $identity: "x" } }] }))).toBe(
      true,
    );
  });

  it("keeps nothing of the input", () => {
    const operand = { list: [1] };
    const parsed = parseFilter({ a: operand });
    operand.list.push(2);
    expect(parsed).toEqual({ op: "eq", path: ["a"], value: { list: [1] } });
  });

  it("stores −0 as 0", () => {
    expect(JSON.stringify(parseFilter({ "a.in": [-0], b: { c: -0 } }))).not.toContain("-0");
    expect(Object.is((parseFilter({ a: -0 }) as { value: unknown }).value, 0)).toBe(true);
  });

  it("keeps __proto__ in an operand as a member", () => {
    const operand: unknown = JSON.parse('{ "__proto__": { "x": 1 } }');
    const { value } = parseFilter({ a: operand }) as { value: object };
    expect(Object.keys(value)).toEqual(["__proto__"]);
    expect(Object.getPrototypeOf(value)).toBe(Object.prototype);
  });

  it("returns a filter of its own as it is", () => {
    const parsed = parseFilter({ a: 1, b: 2 });
    expect(parseFilter(parsed)).toBe(parsed);
  });

  it("reads a filter of its own anew where there is a schema", () => {
    const built = where("seen").gte("2024-01-01T01:00:00+01:00");
    const schema = { fields: { seen: { type: "timestamp" } } };
    expect(parseFilter(built, { schema })).toEqual({
      op: "gte",
      path: ["seen"],
      value: "2024-01-01T00:00:00.000Z",
      as: "timestamp",
    });
  });

  it("gives a reading only to the operators that it changes", () => {
    const schema = { fields: { version: { type: "semver" } } };
    expect(parseFilter({ "version.gte": "2" }, { schema })).toHaveProperty("as", "semver");
    expect(parseFilter({ "version.startswith": "2" }, { schema })).not.toHaveProperty("as");
    expect(parseFilter({ "version.exists": true }, { schema })).not.toHaveProperty("as");
  });

  it("takes an unfrozen copy of a tree for fields named op, path and value", () => {
    const copy: unknown = JSON.parse(JSON.stringify(parseFilter({ a: 1 })));
    expect(parseFilter(copy)).toMatchObject({ op: "and" });
  });

  it("counts the limits of a filter of its own", () => {
    const parsed = parseFilter({ a: 1, b: 2, c: 3 });
    expect(() => parseFilter(parsed, { limits: { maxClauses: 2 } })).toThrow(FilterError);
    expect(() => parseFilter(parsed, { limits: { maxDepth: 1 } })).toThrow(FilterError);
  });

  it.each([
    ["maxDepth", { maxDepth: 1 }, { $not: { a: 1 } }],
    ["maxClauses", { maxClauses: 1 }, { a: 1, b: 1 }],
    ["maxInValues", { maxInValues: 1 }, { "a.in": [1, 2] }],
    ["maxPatternLength", { maxPatternLength: 2 }, { "a.regex": "abc" }],
    ["maxOperandBytes", { maxOperandBytes: 4 }, { a: "abc" }],
    ["maxFilterBytes", { maxFilterBytes: 10 }, { a: "abc", b: "def" }],
  ])("counts with a given %s", (_, limits, filter) => {
    expect(parseFilter(filter)).toBeDefined();
    expect(refusal(filter, { limits }).code).toBe("FILTER_TOO_COMPLEX");
  });

  it("allows more than the default where a limit is raised", () => {
    const filter = { $not: { $and: [{ $not: { $and: [{ $not: { $and: [{ a: 1 }] } }] } }] } };
    expect(refusal(filter).code).toBe("FILTER_TOO_COMPLEX");
    expect(parseFilter(filter, { limits: { maxDepth: 7 } })).toEqual(parseFilter({ $not: { a: 1 } }));
  });
});

describe("a refusal", () => {
  it.each([
    [{ $and: [{ a: 1 }, { "b.lt": null }] }, "/$and/1/b.lt"],
    [{ a: { $gt: 1, $lt: true } }, "/a/$lt"],
    [{ a: { $in: [1, undefined] } }, "/a/$in/1"],
    [{ a: { $eq: { b: [Number.NaN] } } }, "/a/$eq/b/0"],
    [{ "x/y~z": undefined }, "/x~1y~0z"],
    [{ $not: { $or: [] } }, "/$not/$or"],
    [{}, ""],
    [{ "loc.near": { lat: 100, lon: 0, radiusM: 1 } }, "/loc.near/lat"],
  ])("of %j points to the place", (filter, path) => {
    expect(refusal(filter).detail).toEqual({ path });
  });

  it.each([
    [{ "device.type": "sensor" }, '{ "device.type": { "$eq": "sensor" } }'],
    [{ loc: {} }, '{ "$eq": {} }'],
    [{ $x: 1 }, '"\\\\$x"'],
    [{ "a.$lt": 1 }, '"\\\\$lt"'],
    [{ $identity: "*" }, '{ "$eq": "*" }'],
    [{ a: { $not: 5 } }, '{ "$not": { "$eq": … } }'],
    [{ $identity: { $ne: "x" } }, "$not"],
    [{}, "null"],
  ])("of %j says what to write instead", (filter, instead) => {
    expect(refusal(filter).message).toContain(instead);
  });
});

describe("the canonical spelling", () => {
  it("parses back to the same tree", { timeout: 60_000 }, () => {
    fc.assert(
      fc.property(filterSeeds, fc.boolean(), (seed, typed) => {
        const options = typed ? { schema: generatorSchema } : {};
        const parsed = parseFilter(filterOf(seed), options);
        const text = JSON.stringify(formatFilter(parsed));
        expect(parseFilter(JSON.parse(text), options)).toEqual(parsed);
      }),
      { numRuns: 2_000 },
    );
  });

  it.each<[string, unknown]>([
    ["escapes", { "a\\.b.\\$x.c\\\\d.lt": 1 }],
    ["a literal star", { a: { $eq: "*" } }],
    ["object operands with operator keys", { a: { $eq: { $lt: 1, x: {} } } }],
    ["an empty object", { a: { $eq: {} } }],
    ["fields named as operators", { "device.type": { $eq: "x" }, in: 5, "eq.ne.lt": { $gt: 1 } }],
    ["__proto__", JSON.parse('{ "__proto__": { "$eq": { "__proto__": 1 } } }')],
    ["facts", { $identity: { $in: ["*"] }, $attached: true, "$registeredAt.lt": "2024-01-01T00:00:00Z" }],
    ["a present field", { a: "*" }],
  ])("keeps %s", (_, filter) => {
    const parsed = parseFilter(filter);
    expect(parseFilter(JSON.parse(JSON.stringify(formatFilter(parsed))))).toEqual(parsed);
  });

  it("is the same however children were ordered", () => {
    fc.assert(
      fc.property(fc.uniqueArray(filterSeeds, { minLength: 2, maxLength: 4 }), (seeds) => {
        const filters = seeds.map(filterOf);
        const limits = { maxDepth: 20, maxClauses: 100 };
        const forth: Filter = parseFilter({ $or: filters }, { limits });
        expect(parseFilter({ $or: filters.toReversed() }, { limits })).toEqual(forth);
      }),
    );
  });
});

describe("double negation", () => {
  it("is the filter itself", () => {
    fc.assert(
      fc.property(filterSeeds, (seed) => {
        const filter = filterOf(seed);
        const limits = { maxDepth: 20 };
        expect(parseFilter({ $not: { $not: filter } }, { limits })).toEqual(parseFilter(filter, { limits }));
      }),
    );
  });
});

describe("whatever is handed over", () => {
  const codes = new Set(["INVALID_FILTER", "FILTER_TOO_COMPLEX"]);
  const outcome = (input: unknown): string => {
    try {
      parseFilter(input, { schema: generatorSchema });
    } catch (error) {
      if (!(error instanceof FilterError) || !codes.has(error.code)) throw error;
      return error.code;
    }
    return "accepted";
  };

  it("100,000 arbitrary values raise nothing but the two codes", { timeout: 120_000 }, () => {
    const seen = new Map<string, number>();
    const count = (input: unknown): void => {
      const result = outcome(input);
      seen.set(result, (seen.get(result) ?? 0) + 1);
    };
    fc.assert(fc.property(nearlyFilters, count), { numRuns: 60_000 });
    fc.assert(fc.property(fc.jsonValue({ maxDepth: 6 }), count), { numRuns: 20_000 });
    fc.assert(
      fc.property(
        fc.anything({
          withBigInt: true,
          withDate: true,
          withMap: true,
          withSet: true,
          withTypedArray: true,
          withNullPrototype: true,
          withSparseArray: true,
          withBoxedValues: true,
        }),
        count,
      ),
      { numRuns: 20_000 },
    );
    expect(seen.get("accepted")).toBeGreaterThan(5_000);
    expect(seen.get("INVALID_FILTER")).toBeGreaterThan(5_000);
  });

  it.each(Object.keys(hostile))("%s is refused", (name) => {
    expect(codes).toContain(outcome(hostile[name]?.()));
  });

  it("is read without calling a getter", () => {
    let called = 0;
    const input = {
      get a() {
        return ++called;
      },
      b: {
        get c() {
          return ++called;
        },
      },
    };
    outcome(input);
    expect(called).toBe(0);
  });

  it("may come from another realm or have no prototype", async () => {
    const { runInNewContext } = await import("node:vm");
    expect(parseFilter(runInNewContext("({ a: { $in: [1, 2] } })"))).toEqual(parseFilter({ a: { $in: [1, 2] } }));
    expect(parseFilter(Object.assign(Object.create(null), { a: 1 }))).toEqual(parseFilter({ a: 1 }));
  });
});
