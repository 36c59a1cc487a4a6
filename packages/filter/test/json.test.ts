import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { canonicalJson, deepEqual, type JsonValue } from "../src/index.ts";

const values = fc.jsonValue() as fc.Arbitrary<JsonValue>;

function reversed(value: JsonValue): JsonValue {
  if (typeof value !== "object" || value === null) return value;
  if (Array.isArray(value)) return value.map(reversed);
  return Object.fromEntries(
    Object.entries(value)
      .reverse()
      .map(([key, member]) => [key, reversed(member)]),
  );
}

describe("canonicalJson", () => {
  it("is JSON of the same value", () => {
    fc.assert(
      fc.property(values, (value) => {
        expect(deepEqual(JSON.parse(canonicalJson(value)) as JsonValue, value)).toBe(true);
      }),
    );
  });

  it("is the same text exactly for equal values", () => {
    fc.assert(
      fc.property(values, values, (a, b) => {
        expect(canonicalJson(a) === canonicalJson(b)).toBe(deepEqual(a, b));
        expect(canonicalJson(reversed(a))).toBe(canonicalJson(a));
      }),
    );
  });

  it("sorts keys by code point, also those that look like numbers", () => {
    expect(canonicalJson({ "\u{1f600}": 1, "\ufb01": 2, 10: 3, 9: 4 })).toBe('{"10":3,"9":4,"\ufb01":2,"\u{1f600}":1}');
  });
});

describe("deepEqual", () => {
  it.each<[JsonValue, JsonValue]>([
    [{}, []],
    [{ a: 1 }, { b: 1 }],
    [{ a: 1 }, { a: 1, b: 2 }],
    [[1], [1, 2]],
    [{ 0: 1 }, [1]],
    [null, {}],
    ["1", 1],
    [0, false],
    [{ toString: 1 }, { valueOf: 1 }],
    [JSON.parse('{ "__proto__": 1 }') as JsonValue, {}],
    [JSON.parse('{ "__proto__": {} }') as JsonValue, { a: 1 }],
  ])("tells %j from %j", (a, b) => {
    expect(deepEqual(a, b)).toBe(false);
    expect(deepEqual(b, a)).toBe(false);
  });

  it("takes −0 for 0", () => {
    expect(deepEqual([-0], [0])).toBe(true);
  });
});
