import { compareStrings, compileFilter, type Filter, type JsonValue, type Leaf, parseFilter } from "@muster/filter";
import { generateDocument, generateFilter, seededRandom } from "@muster/filter/corpus";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { encode } from "../../src/indexes/encoding.ts";
import { identityRanges, intersected, type Range, singleValue, united, valueRanges } from "../../src/indexes/ranges.ts";

function holds(ranges: readonly Range[], member: string): boolean {
  return ranges.some(
    ({ min, max }) => compareStrings(min, member) <= 0 && (max === undefined || compareStrings(member, max) < 0),
  );
}

function leavesOf(filter: Filter): readonly Leaf[] {
  if (filter.op === "and" || filter.op === "or") return filter.nodes.flatMap(leavesOf);
  return filter.op === "not" ? leavesOf(filter.node) : [filter];
}

const seeds = fc.integer({ min: 0, max: 2 ** 32 - 1 });
const letters = fc.string({
  unit: fc.constantFrom("a", "b", "\u0001", "\u{10ffff}", "\ud7ff", "\ue000"),
  maxLength: 4,
});
const ranges: fc.Arbitrary<readonly Range[]> = fc
  .array(fc.tuple(letters, fc.option(letters, { nil: undefined })), { maxLength: 5 })
  .map((pairs) =>
    united(pairs.flatMap(([min, max]) => (max === undefined || compareStrings(min, max) < 0 ? [{ min, max }] : []))),
  );

describe("ranges of values", { timeout: 60_000 }, () => {
  test("hold the entry of every value for which a comparison holds", () => {
    let held = 0;
    fc.assert(
      fc.property(seeds, (seed) => {
        const random = seededRandom(seed);
        const documents = Array.from({ length: 10 }, () => generateDocument(random));
        const values: readonly JsonValue[] = documents.flatMap((document) => Object.values(document));
        for (const leaf of leavesOf(parseFilter(generateFilter(random)))) {
          if (!("path" in leaf) || leaf.op === "regex") continue;
          const found = valueRanges(leaf.op, leaf.value);
          if (found === undefined) continue;
          const matches = compileFilter({ ...leaf, path: ["v"] });
          for (const v of values) {
            if (!matches({ v })) continue;
            held += 1;
            expect(holds(found, `${encode(v)}\0someone`), JSON.stringify({ leaf, v })).toBe(true);
          }
        }
      }),
      { numRuns: 1_000 },
    );
    expect(held).toBeGreaterThan(1_000);
  });

  test("of strings that begin alike for longer than an entry hold all of these", () => {
    const start = "\u{1f600}".repeat(64);
    const values = [start.slice(2), start, `${start}a`, `${start}b`, `${start}b!`];
    for (const op of ["eq", "lt", "lte", "gt", "gte", "startswith"] as const) {
      for (const operand of values) {
        const matches = compileFilter({ op, path: ["v"], value: operand });
        const found = valueRanges(op, operand) ?? [];
        for (const v of values) if (matches({ v })) expect(holds(found, `${encode(v)}\0x`)).toBe(true);
      }
    }
  });

  test.each([
    ["eq", 1, [0, 2, "1", null, true]],
    ["lt", 1, [1, 2, "0", null, false]],
    ["gt", "b", ["b", "a", 5, true, {}]],
    ["gte", 1, [0.5, "x"]],
    ["lte", "b", ["b\u0001", "c", 0]],
    ["startswith", "ab", ["a", "ac", "b", ["ab"]]],
    ["startswith", "\u{10ffff}", ["a", "\uffff"]],
    ["in", [1, "x"], [2, "y", null]],
    ["type", "object", ["x", null, 1]],
    ["type", "array", [{ lat: 1, lon: 1 }, "x"]],
    ["type", "boolean", [null, 0, "true"]],
    ["near", { lat: 0, lon: 0, radiusM: 1_000 }, [{ lat: 1, lon: 1 }, { lat: "0", lon: 0 }, "x"]],
    ["within", { south: 0, north: 1, west: 179, east: -179 }, [{ lat: 0.5, lon: 0 }]],
  ] as const)("of %s %j leave out %j", (op, operand, values) => {
    const found = valueRanges(op, operand) ?? [];
    for (const v of values) expect(holds(found, `${encode(v)}\0x`), JSON.stringify(v)).toBe(false);
  });

  test.each([
    ["ne", 1],
    ["nin", [1]],
    ["exists", false],
    ["contains", "a"],
    ["endswith", "a"],
  ] as const)("there are none for %s", (op, operand) => {
    expect(valueRanges(op, operand)).toBeUndefined();
  });

  test("of one value are known to be that", () => {
    expect(singleValue(valueRanges("eq", "a") ?? [])).toBe("4a");
    expect(singleValue(valueRanges("in", [1]) ?? [])).toBe(encode(1));
    expect(singleValue(valueRanges("in", [1, 2]) ?? [])).toBeUndefined();
    expect(singleValue(valueRanges("lte", 1) ?? [])).toBeUndefined();
    expect(singleValue([])).toBeUndefined();
  });
});

describe("ranges of identities", () => {
  test("hold exactly the identities for which a comparison holds", () => {
    const identities = fc.string({ unit: fc.constantFrom("a", "b", "é", "\ufb01", "\u{1f600}"), maxLength: 3 });
    const op = fc.constantFrom("eq", "startswith", "lt", "lte", "gt", "gte", "in");
    fc.assert(
      fc.property(op, identities, identities, (one, operand, identity) => {
        const value = one === "in" ? [operand, "a"] : operand;
        const expected = compileFilter({ op: one, about: "identity", value })(
          {},
          { identity, registeredAt: 0, attached: false },
        );
        expect(holds(identityRanges(one, value) ?? [], identity)).toBe(expected);
      }),
      { numRuns: 2_000 },
    );
  });
});

describe("sets of ranges", () => {
  test("intersected hold what both hold, united what either holds, in order and apart", () => {
    fc.assert(
      fc.property(ranges, ranges, letters, (a, b, member) => {
        expect(holds(intersected(a, b), member)).toBe(holds(a, member) && holds(b, member));
        expect(holds(united([...a, ...b]), member)).toBe(holds(a, member) || holds(b, member));
        for (const all of [intersected(a, b), united([...a, ...b])]) {
          for (const [i, { min }] of all.entries()) {
            const before = all[i - 1];
            if (before !== undefined) expect(compareStrings(before.max ?? "\u{10ffff}", min)).toBeLessThanOrEqual(0);
          }
        }
      }),
      { numRuns: 5_000 },
    );
  });
});
