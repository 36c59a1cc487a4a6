import type { JsonValue, Metadata } from "@muster/filter";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { parseSortBy } from "../../src/query/sort.ts";
import { comparePositions, positionOf, type Registration } from "../../src/slots/index.ts";

function registration(identity: string, metadata: Metadata, registeredAt = 0): Registration {
  const nowhere = { session: undefined, address: undefined, expiresAt: undefined, ttlMs: undefined };
  return { identity, metadata, registeredAt, epoch: 1, revision: 1, attempt: "a", ...nowhere };
}

function sorted(sortBy: readonly string[], registrations: readonly Registration[]): readonly string[] {
  const keys = parseSortBy(sortBy, "test");
  const positions = registrations.map((one) => positionOf(one, keys));
  return positions.toSorted((a, b) => comparePositions(keys, a, b)).map(({ identity }) => identity);
}

/** One of each kind, in the order that is ruled, last the absent. */
const ONE_OF_EACH: readonly (JsonValue | undefined)[] = [
  null,
  false,
  true,
  -1,
  0.5,
  2,
  "",
  "B",
  "a",
  "ﬁ",
  "😀",
  undefined,
];

describe("the order of values", () => {
  const registrations = ONE_OF_EACH.map((value, index) =>
    registration(`i${index}`.padEnd(3, "x"), value === undefined ? {} : { v: value }),
  );
  const identities = registrations.map(({ identity }) => identity);

  test("null < false < true < numbers < strings in code point order, and the absent is last", () => {
    expect(sorted(["v"], registrations.toReversed())).toEqual(identities);
  });

  test("descending turns the values round and leaves the absent last", () => {
    const [absent, ...rest] = identities.toReversed();
    expect(sorted(["v desc"], registrations)).toEqual([...rest, absent]);
  });

  test("objects and arrays come after strings and are all equal; ties go by identity, ascending both ways", () => {
    const ties = [
      registration("c", { v: [1] }),
      registration("a", { v: {} }),
      registration("b", { v: [] }),
      registration("d", { v: "z" }),
    ];
    expect(sorted(["v"], ties)).toEqual(["d", "a", "b", "c"]);
    expect(sorted(["v desc"], ties)).toEqual(["a", "b", "c", "d"]);
  });
});

test("later criteria decide where earlier ones find no difference", () => {
  const people = [
    registration("a", { x: 1, y: 1 }),
    registration("b", { x: 2, y: 1 }),
    registration("c", { x: 1, y: 2 }),
  ];
  expect(sorted(["x", "y desc"], people)).toEqual(["c", "a", "b"]);
});

test("facts about the registration sort too", () => {
  const pair = [registration("a", {}, 2), registration("b", {}, 1)];
  expect(sorted(["$registeredAt"], pair)).toEqual(["b", "a"]);
  expect(sorted(["$registeredAt desc"], pair)).toEqual(["a", "b"]);
  expect(sorted(["$identity desc"], pair)).toEqual(["b", "a"]);
});

test("the RFC's spelling, asc and nested paths are read", () => {
  expect(
    parseSortBy(["metadata.a.b desc", "c asc", "metadata", "metadata.metadata.x"], "test").map(({ text }) => text),
  ).toEqual(["a.b desc", "c asc", "metadata asc", "metadata.x asc"]);
});

test("a field that is called like a criterion is another criterion, and can be sorted by", () => {
  const texts = parseSortBy(["x desc", "x desc asc", "x desc desc", "desc"], "test").map(({ text }) => text);
  expect(texts).toEqual(["x desc", "x desc asc", "x desc desc", "desc asc"]);
  const pair = [registration("a", { "x desc": 2, x: 2 }), registration("b", { "x desc": 1, x: 1 })];
  expect(sorted(["x desc"], pair)).toEqual(["a", "b"]);
  expect(sorted(["x desc asc"], pair)).toEqual(["b", "a"]);
});

test("a text full of spaces is read in time proportional to its length", () => {
  const spaces = " ".repeat(2_000_000);
  expect(() => parseSortBy([`${spaces}.`], "test")).toThrow(/INVALID_ARGUMENT/);
  expect(parseSortBy([`x${spaces}desc`], "test").map(({ text }) => text)).toEqual(["x desc"]);
});

test("by identity ascending is no sorting at all, whatever stands behind it", () => {
  expect(parseSortBy(["$identity", "x"], "test")).toEqual([]);
  expect(parseSortBy(["x", "$identity"], "test")).toHaveLength(2);
});

test.each([[["$epoch"]], [[""]], [["a..b"]], [[" desc"]], [[5]], ["a"], [Array.from({ length: 17 }, () => "a")]])(
  "sortBy %j is refused",
  (sortBy) => {
    expect(() => parseSortBy(sortBy as readonly string[], "test")).toThrow(/\[INVALID_ARGUMENT\] test/);
  },
);

test("the order is total: any three values are in one order, whichever way they are compared", () => {
  const value = fc.option(fc.oneof(fc.constantFrom(...ONE_OF_EACH.slice(0, -1)), fc.jsonValue()), { nil: undefined });
  const keys = parseSortBy(["v desc", "w"], "test");
  const position = fc.record({ values: fc.tuple(value, value), identity: fc.string({ minLength: 1 }) }) as fc.Arbitrary<
    ReturnType<typeof positionOf>
  >;
  fc.assert(
    fc.property(position, position, position, (a, b, c) => {
      const [ab, ba] = [comparePositions(keys, a, b), comparePositions(keys, b, a)];
      expect(Math.sign(ab)).toBe(-Math.sign(ba) + 0);
      if (ab <= 0 && comparePositions(keys, b, c) <= 0) expect(comparePositions(keys, a, c)).toBeLessThanOrEqual(0);
    }),
  );
});
