import { compareStrings, compareValues, deepEqual, type JsonPrimitive, type JsonValue } from "@muster/filter";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { encode, MAX_CODE_POINTS, pack } from "../../src/indexes/encoding.ts";

const RUNS = { numRuns: 5_000 };

const numbers = fc.oneof(
  fc.double({ noNaN: true, noDefaultInfinity: true }),
  fc.constantFrom(0, -0, 5e-324, -5e-324, 2.2250738585072014e-308, 1e308, -1e308, Number.MAX_VALUE, 0.1, -0.1, 1, -1),
);
/** Near one another and near the length at which strings are cut. */
const texts = fc.oneof(
  fc.string({ unit: fc.constantFrom("a", "b", "\u0001", "\u007f", "é", "\ud7ff", "\ue000", "\ufb01", "\u{1f600}") }),
  fc
    .tuple(fc.integer({ min: -2, max: 2 }), fc.constantFrom("", "a", "b", "\u{10ffff}"))
    .map(([more, end]) => `${"\u{1f600}".repeat(MAX_CODE_POINTS + more)}${end}`),
  fc.string({ unit: "binary", maxLength: 80 }).filter((text) => !/[\0\p{Surrogate}]/u.test(text)),
);
const primitives: fc.Arbitrary<JsonPrimitive> = fc.oneof(numbers, texts, fc.boolean(), fc.constant(null));

/** As Redis compares the members of a sorted set. */
function compareBytes(a: string, b: string): number {
  return Buffer.compare(Buffer.from(a), Buffer.from(b));
}

function isCut(value: JsonPrimitive): boolean {
  return typeof value === "string" && Array.from(value).length > MAX_CODE_POINTS;
}

describe("encoded values", { timeout: 60_000 }, () => {
  test("are in the order of the values they stand for", () => {
    fc.assert(
      fc.property(primitives, primitives, (a, b) => {
        const order = Math.sign(compareValues(a, b));
        const encoded = compareBytes(encode(a), encode(b));
        if (encoded === 0 && (isCut(a) || isCut(b))) return;
        expect(encoded).toBe(order);
      }),
      RUNS,
    );
  });

  test("are in the same order when something stands behind them", () => {
    fc.assert(
      fc.property(primitives, primitives, texts, texts, (a, b, x, y) => {
        fc.pre(encode(a) !== encode(b));
        expect(compareBytes(`${encode(a)}\0${x}`, `${encode(b)}\0${y}`)).toBe(compareBytes(encode(a), encode(b)));
      }),
      RUNS,
    );
  });

  test("are equal for equal values of any shape", () => {
    fc.assert(
      fc.property(fc.jsonValue(), (value) => {
        const json = value as JsonValue; // Nothing else is generated.
        const same = JSON.parse(JSON.stringify(json)) as JsonValue; // A copy.
        expect(deepEqual(json, same)).toBe(true);
        expect(encode(same)).toBe(encode(json));
      }),
    );
    expect(encode({ lon: 2, lat: 1 })).toBe(encode({ lat: 1, lon: 2, name: "x" }));
    expect(encode(-0)).toBe(encode(0));
  });

  test("hold no NUL and are compared here as by the server", () => {
    fc.assert(
      fc.property(primitives, primitives, (a, b) => {
        expect(encode(a)).not.toContain("\0");
        expect(Math.sign(compareStrings(encode(a), encode(b)))).toBe(compareBytes(encode(a), encode(b)));
      }),
    );
  });

  test("of long strings hold whole code points, and no more than the first 64", () => {
    const long = "\u{1f600}".repeat(100);
    expect(encode(long)).toBe(`4${"\u{1f600}".repeat(64)}`);
    expect(encode(`a${long}`)).toBe(`4a${"\u{1f600}".repeat(63)}`);
  });
});

describe("packed values", () => {
  test("have a place for each field, empty where it is absent", () => {
    expect(pack([["a"], ["b", "c"], ["d"]], { a: true, d: "x" })).toBe("2\0\x004x");
    expect(pack([["a"]], { b: 1 })).toBe("");
    expect(pack([], { a: 1 })).toBe("");
  });
});
