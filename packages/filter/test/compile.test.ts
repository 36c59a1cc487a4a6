import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { generatorSchema } from "../src/corpus/index.ts";
import { compileFilter, FilterError, type Metadata, parseFilter } from "../src/index.ts";
import { documentsOf, filterOf, filterSeeds } from "./arbitraries.ts";
import { reference } from "./reference.ts";

const facts = { identity: "sensor-1", registeredAt: 1_000, attached: true };

function bare(value: unknown): unknown {
  if (typeof value !== "object" || value === null) return value;
  if (Array.isArray(value)) return value.map(bare);
  return Object.assign(
    Object.create(null),
    Object.fromEntries(Object.entries(value).map(([key, member]) => [key, bare(member)])),
  );
}

describe("compileFilter", () => {
  it("answers as the plain reference does, whatever the filter and the metadata", { timeout: 60_000 }, () => {
    let matched = 0;
    let asked = 0;
    fc.assert(
      fc.property(filterSeeds, fc.boolean(), (seed, typed) => {
        const filter = parseFilter(filterOf(seed), typed ? { schema: generatorSchema } : {});
        const test = compileFilter(filter);
        for (const metadata of documentsOf(seed, 20)) {
          const expected = reference(filter, metadata, facts);
          asked += 1;
          matched += Number(expected);
          if (test(metadata, facts) !== expected) expect.fail(JSON.stringify({ filter, metadata, expected }));
        }
      }),
      { numRuns: 3_000 },
    );
    expect(matched / asked).toBeGreaterThan(0.1);
    expect(matched / asked).toBeLessThan(0.9);
  });

  it("answers the same for objects without a prototype", () => {
    fc.assert(
      fc.property(filterSeeds, (seed) => {
        const test = compileFilter(parseFilter(filterOf(seed)));
        for (const metadata of documentsOf(seed, 5)) expect(test(bare(metadata) as Metadata)).toBe(test(metadata));
      }),
    );
  });

  it.each(["and", "or"] as const)("agrees at every length of %s", (op) => {
    for (let length = 1; length <= 6; length++) {
      for (let bits = 0; bits < 2 ** length; bits++) {
        const holds = Array.from({ length }, (_, index) => ((bits >> index) & 1) === 1);
        const metadata = Object.fromEntries(holds.map((value, index) => [`f${index}`, value]));
        const filter = parseFilter({ [`$${op}`]: holds.map((_, index) => ({ [`f${index}`]: true })) });
        expect(compileFilter(filter)(metadata)).toBe(op === "and" ? holds.every(Boolean) : holds.some(Boolean));
      }
    }
  });

  it.each([1, 2, 3, 4])("reads a path of %i segments through own keys only", (length) => {
    const path = ["a", "b", "c", "d"].slice(0, length);
    const test = compileFilter(parseFilter({ [path.join(".")]: 1 }));
    const nest = (wrap: (inner: unknown, key: string) => unknown): Metadata =>
      path.reduceRight<unknown>((inner, key) => wrap(inner, key), 1) as Metadata;
    expect(test(nest((inner, key) => ({ [key]: inner })))).toBe(true);
    expect(test(nest((inner, key) => Object.create({ [key]: inner }) as object))).toBe(false);
    // The metadata itself is never an array; what it holds may be.
    expect(test(nest((inner, key) => (key === "a" ? { a: inner } : Object.assign([], { [key]: inner }))))).toBe(
      length === 1,
    );
  });

  it("takes a member that is undefined for an absent one", () => {
    const metadata = { a: undefined, o: { b: undefined } } as unknown as Metadata;
    for (const key of ["a", "o.b"]) {
      expect(compileFilter(parseFilter({ [key]: { $ne: 1 } }))(metadata)).toBe(false);
      expect(compileFilter(parseFilter({ [key]: "*" }))(metadata)).toBe(false);
    }
  });

  it("is not misled by a polluted prototype", () => {
    const test = compileFilter(parseFilter({ polluted: "yes" }));
    Object.defineProperty(Object.prototype, "polluted", { value: "yes", configurable: true });
    try {
      expect(test({})).toBe(false);
      expect(test({ polluted: "yes" })).toBe(true);
    } finally {
      Reflect.deleteProperty(Object.prototype, "polluted");
    }
  });

  it("asks for the facts a filter needs, even where another clause would decide", () => {
    const test = compileFilter(parseFilter({ $or: [{ a: 1 }, { $identity: "sensor-1" }] }));
    expect(() => test({ a: 1 })).toThrow(FilterError);
    expect(test({}, facts)).toBe(true);
  });
});
