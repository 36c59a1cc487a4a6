import assert from "node:assert/strict";
import { createContext, runInContext } from "node:vm";
import type { JsonValue, Metadata } from "@muster/filter";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { DEFAULT_LIMITS } from "../../src/limits.ts";
import { prepareMetadata } from "../../src/input/metadata.ts";
import { isMusterError } from "../../src/slots/index.ts";
import { spelled, thrown } from "../support/codes.ts";

const prepare = (value: unknown, maxMetadataBytes = DEFAULT_LIMITS.maxMetadataBytes): Metadata =>
  prepareMetadata(value, {
    schema: undefined,
    limits: { maxMetadataBytes },
    identity: "sensor-7",
    now: 0,
    source: "core.register",
  });
const problems = (value: unknown): readonly string[] =>
  spelled(thrown("INVALID_METADATA", () => prepare(value)).detail.violations);

describe("metadata that is plain JSON", () => {
  test("is kept as it is, in a deep-frozen copy", () => {
    const value = { status: "on", battery: 0.8, tags: ["a", { b: null }], at: { lat: 1, lon: 2 }, ok: true };
    const metadata = prepare(value);
    assert.deepStrictEqual(metadata, value);
    expect(isDeepFrozen(metadata)).toBe(true);
    value.at.lat = 5;
    expect(metadata).toMatchObject({ at: { lat: 1 } });
  });

  test("may have names that are something else elsewhere", () => {
    const value: unknown = JSON.parse(
      '{"__proto__":{"x":1},"constructor":1,"a.b":2,"$x":3,"toString":4,"":5,"hasOwnProperty":6}',
    );
    const metadata = prepare(value);
    assert.deepStrictEqual(metadata, value);
    expect(JSON.stringify(metadata)).toBe(JSON.stringify(value));
    expect(Object.getPrototypeOf(metadata)).toBe(Object.prototype);
    expect(Object.hasOwn(metadata, "__proto__")).toBe(true);
  });

  test("turns -0 into 0", () => {
    expect(Object.is(prepare({ a: -0 })["a"], 0)).toBe(true);
  });

  test("loses members that are undefined", () => {
    expect(Object.keys(prepare({ a: undefined, b: 1, c: { d: undefined } }))).toEqual(["b", "c"]);
  });

  test("may come from another realm, or have no prototype", () => {
    const foreign: unknown = runInContext("({ a: [1, { b: 2 }], c: { d: 3 } })", createContext());
    assert.deepStrictEqual(prepare(foreign), { a: [1, { b: 2 }], c: { d: 3 } });
    assert.deepStrictEqual(prepare(Object.assign(Object.create(null), { a: 1 })), { a: 1 });
  });

  test("may hold one object twice", () => {
    const shared = { x: 1 };
    expect(prepare({ a: shared, b: [shared, shared] })).toEqual({ a: { x: 1 }, b: [{ x: 1 }, { x: 1 }] });
  });

  test("may nest 32 deep", () => {
    expect(JSON.stringify(prepare(nested(32)))).toBe(JSON.stringify(nested(32)));
  });
});

describe("metadata is refused, with the path", () => {
  class Reading {
    celsius = 1;
  }
  const cyclic: Record<string, unknown> = { name: "x" };
  cyclic["self"] = { back: cyclic };
  const cyclicArray: unknown[] = [];
  cyclicArray.push(cyclicArray);

  test.each([
    ["depth 33", nested(33), [`${Array(32).fill("a").join(".")} lies deeper than 32 levels`]],
    ["NUL in a value", { a: { b: "x\0" } }, ["a.b holds NUL or a lone surrogate"]],
    ["NUL in a key", { "x\0": 1 }, ["x\0 has NUL or a lone surrogate in its key"]],
    ["a lone surrogate in a value", { a: ["\ud800"] }, ["a.0 holds NUL or a lone surrogate"]],
    ["a lone surrogate in a key", { "\udc00": 1 }, ["\udc00 has NUL or a lone surrogate in its key"]],
    ["NaN", { a: Number.NaN }, ["a is NaN, which is no JSON number"]],
    ["Infinity", { a: Number.NEGATIVE_INFINITY }, ["a is -Infinity, which is no JSON number"]],
    ["a cycle", cyclic, ["self.back contains itself"]],
    ["a cycle of arrays", { a: cyclicArray }, ["a.0 contains itself"]],
    ["a function", { a: () => 1 }, ["a is a function, which is no JSON value"]],
    ["a symbol", { a: Symbol("x") }, ["a is a symbol, which is no JSON value"]],
    ["a symbol as key", { a: { [Symbol("x")]: 1 } }, ["a has a symbol as key"]],
    ["a bigint", { a: 1n }, ["a is a bigint, which is no JSON value"]],
    ["undefined in an array", { a: [1, undefined] }, ["a.1 is undefined, which is no JSON value"]],
    ["a hole in an array", { a: Array(1) }, ["a.0 is missing"]],
    [
      "an array with more than elements",
      { a: Object.assign([1], { x: 1 }) },
      ["a is an array with members beside its elements"],
    ],
    ["a Date", { a: new Date(0) }, ["a is a Date, which only a field of type timestamp takes"]],
    ["a Map", { a: new Map() }, ["a is an instance of Map, not a plain object or array"]],
    ["a class instance", { a: new Reading() }, ["a is an instance of Reading, not a plain object or array"]],
    [
      "an array of a subclass",
      { a: new (class List extends Array {})() },
      ["a is an instance of List, not a plain object or array"],
    ],
    ["bytes", { a: new Uint8Array(1) }, ["a is an instance of Uint8Array, not a plain object or array"]],
    ["a boxed string", { a: Object("x") }, ["a is an instance of String, not a plain object or array"]],
    [
      "an object with an odd prototype",
      { a: Object.create({ b: 1 }) },
      ["a is an instance of a class, not a plain object or array"],
    ],
    ["a hidden member", Object.defineProperty({}, "a", { value: 1 }), ["a is hidden (not enumerable)"]],
    ["dots in the path", { "a.b": { $x: Number.NaN } }, ["a\\.b.\\$x is NaN, which is no JSON number"]],
    ["null", null, [" is no object, which metadata must be"]],
    ["an array", [], [" is no object, which metadata must be"]],
    ["a string", "x", [" is no object, which metadata must be"]],
    ["nothing", undefined, [" is undefined, which is no JSON value"]],
  ])("%s", (_, value, expected) => {
    expect(problems(value)).toEqual(expected);
  });

  test("a getter, without calling it", () => {
    let calls = 0;
    const value = {
      get a(): number {
        calls += 1;
        return 1;
      },
    };
    expect(problems(value)).toEqual(["a has a getter or setter"]);
    expect(calls).toBe(0);
  });

  test("toJSON, without calling it", () => {
    expect(problems({ toJSON: () => ({}) })).toEqual(["toJSON is a function, which is no JSON value"]);
  });

  test("a proxy that throws", () => {
    const { proxy, revoke } = Proxy.revocable({}, {});
    revoke();
    const angry = new Proxy({}, { ownKeys: () => assert.fail("angry") });
    expect(problems({ a: { b: proxy } })).toEqual(["a.b can't be read"]);
    expect(problems({ a: angry })).toEqual(["a can't be read"]);
  });

  test("a proxy without a bottom", () => {
    const endless = (): object =>
      new Proxy(
        { x: 1, y: 1 },
        { getOwnPropertyDescriptor: () => ({ value: endless(), enumerable: true, configurable: true }) },
      );
    expect(problems(endless()).length).toBeGreaterThan(0);
  });

  test("with all that is wrong in it, in one error", () => {
    expect(problems({ a: Number.NaN, b: { c: () => 1, d: 1 }, e: ["\0", 1, 2n] })).toHaveLength(4);
  });

  test("with no more than 100 violations", () => {
    const { detail, message } = thrown("INVALID_METADATA", () => prepare({ a: Array(1_000).fill(Number.NaN) }));
    expect(detail.violations).toHaveLength(100);
    expect(message).toBe(
      '[INVALID_METADATA] core.register "sensor-7": a.0 is NaN, which is no JSON number; a.1 is NaN, which is no JSON number; ' +
        "a.2 is NaN, which is no JSON number; and 97 more",
    );
  });
});

describe("metadata that is too large is refused", () => {
  test("at 65 KiB", () => {
    expect(problems({ a: "x".repeat(65 * 1_024) })).toEqual([" takes more than 65536 bytes as JSON text"]);
  });

  test.each([
    ["ASCII", "x".repeat(100)],
    ["two bytes a character", "é".repeat(50)],
    ["three bytes a character", "語".repeat(33)],
    ["four bytes a character", "😀".repeat(25)],
    ["six bytes a character", "\u0001".repeat(20)],
    ["escapes", '"\\'.repeat(30)],
    ["numbers", Array<number>(6).fill(-2.2250738585072014e-308)],
    ["small things", [[], {}, null, true, false, 0, "", [[]], { a: {} }]],
  ])("to the byte, counted in UTF-8 JSON text: %s", (_, value) => {
    const metadata = { a: value, bc: [value, {}] };
    const bytes = Buffer.byteLength(JSON.stringify(metadata));
    expect(prepare(metadata, bytes)).toEqual(metadata);
    thrown("INVALID_METADATA", () => prepare(metadata, bytes - 1));
  });

  test("soon, when it is a small thing that spells out to gigabytes", () => {
    let value: unknown = "x";
    for (let depth = 0; depth < 30; depth++) value = [value, value, value];
    expect(problems({ value })).toEqual([" takes more than 65536 bytes as JSON text"]);
    expect(problems({ value: Array(2 ** 32 - 1) }).length).toBeGreaterThan(0);
  });
});

describe("whatever it is handed", () => {
  test("it gives back metadata that survives JSON, frozen, or INVALID_METADATA", () => {
    let kept = 0;
    fc.assert(
      fc.property(hostile(), (make) => {
        try {
          const metadata = prepare(make());
          kept += 1;
          assert.deepStrictEqual(JSON.parse(JSON.stringify(metadata)), metadata);
          expect(isDeepFrozen(metadata)).toBe(true);
          assert.deepStrictEqual(prepare(metadata), metadata);
        } catch (error) {
          if (!isMusterError(error, "INVALID_METADATA")) throw error;
          expect(error.detail.violations.length).toBeGreaterThan(0);
        }
      }),
      { numRuns: 2_000 },
    );
    expect(kept).toBeGreaterThan(0);
  });

  test("it keeps every JSON object as it is", () => {
    fc.assert(
      fc.property(
        fc.dictionary(fc.string({ unit: "grapheme" }), fc.jsonValue(), { noNullPrototype: true }),
        (value) => {
          const clean: unknown = JSON.parse(JSON.stringify(value).replaceAll("\\u0000", ""));
          assert.deepStrictEqual(prepare(clean), clean);
        },
      ),
    );
  });
});

/** What the traps of a proxy may do. */
const LIES = [
  () => assert.fail("angry"),
  () => undefined,
  () => null,
  () => [],
  () => ["x", "x"],
  () => ({}),
  () => ({ value: 1, enumerable: true }),
];

function nested(depth: number): object {
  let value = {};
  for (let level = 1; level < depth; level++) value = { a: value };
  return value;
}

function isDeepFrozen(value: JsonValue): boolean {
  return (
    typeof value !== "object" || value === null || (Object.isFrozen(value) && Object.values(value).every(isDeepFrozen))
  );
}

/** Makers of anything, some of it behind proxies that throw or lie, some of it cyclic; fast-check itself can't hold those. */
function hostile(): fc.Arbitrary<() => unknown> {
  const anything = fc.anything({
    withBigInt: true,
    withDate: true,
    withMap: true,
    withNullPrototype: true,
    withSparseArray: true,
    withTypedArray: true,
    withBoxedValues: true,
  });
  const handlers = fc.dictionary(
    fc.constantFrom("get", "ownKeys", "getPrototypeOf", "getOwnPropertyDescriptor", "has"),
    fc.constantFrom(...LIES),
  );
  const proxies = fc.tuple(fc.oneof(fc.object(), fc.array(anything)), handlers).map(
    ([target, handler]) =>
      () =>
        new Proxy(target, handler),
  );
  const cycles = fc.object().map((value) => () => Object.assign(value, { self: { value } }));
  const plain = fc.oneof(anything, fc.object()).map((value) => () => value);
  const members = fc.dictionary(fc.string(), fc.oneof(plain, proxies, cycles));
  const mixed = members.map(
    (makers) => () => Object.fromEntries(Object.entries(makers).map(([key, make]) => [key, make()])),
  );
  return fc.oneof(plain, proxies, cycles, mixed);
}
