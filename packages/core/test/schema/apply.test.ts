import assert from "node:assert/strict";
import type { Metadata } from "@muster/filter";
import { describe, expect, test } from "vitest";
import { DEFAULT_LIMITS } from "../../src/limits.ts";
import { prepareMetadata } from "../../src/input/metadata.ts";
import { compileSchema } from "../../src/schema/compile.ts";
import type { SchemaDefinition } from "../../src/schema/definition.ts";
import { spelled, thrown } from "../support/codes.ts";

const NOW = Date.parse("2024-05-06T07:08:09.010Z");

function prepare(definition: SchemaDefinition, value: unknown, limits = DEFAULT_LIMITS): Metadata {
  const schema = compileSchema(definition, "core.openRegistry");
  return prepareMetadata(value, { schema, limits, identity: "sensor-7", now: NOW, source: "core.register" });
}

function problems(definition: SchemaDefinition, value: unknown): readonly string[] {
  return spelled(thrown("INVALID_METADATA", () => prepare(definition, value)).detail.violations);
}

describe("at registration", () => {
  test("the primary key is set from the identity when absent, and left alone when present", () => {
    expect(prepare({ primary_key: "id", fields: {} }, {})).toEqual({ id: "sensor-7" });
    expect(prepare({ primary_key: "id", fields: { id: { type: "string", required: true } } }, { id: "other" })).toEqual(
      { id: "other" },
    );
  });

  test("defaults and times are set when absent, also below objects that are not there yet", () => {
    const definition = {
      fields: { "device.type": { type: "string", default: "lamp" }, "device.at": { type: "timestamp", auto: "now" } },
    } as const;
    expect(prepare(definition, {})).toEqual({ device: { type: "lamp", at: "2024-05-06T07:08:09.010Z" } });
    expect(prepare(definition, { device: { type: "tv", x: 1 } })).toEqual({
      device: { type: "tv", x: 1, at: "2024-05-06T07:08:09.010Z" },
    });
  });

  test("a value that is there, be it null, is not replaced by a default", () => {
    expect(problems({ fields: { a: { type: "int", default: 1 } } }, { a: null })).toEqual([
      "a is not an integer within ±(2^53 − 1)",
    ]);
    expect(prepare({ fields: { a: { type: "int", default: 1 } } }, { a: 0 })).toEqual({ a: 0 });
  });

  test("a default can't be put below something that is no object", () => {
    const definition = { fields: { "device.type": { type: "string", default: "lamp" } } } as const;
    expect(problems(definition, { device: "x" })).toEqual([
      "device.type can't be filled in, because what stands above it is no object",
    ]);
  });

  test("timestamps are stored in one form, whatever they were written in", () => {
    const at = "2024-01-02T03:04:05.678Z";
    const definition = { at: "timestamp", all: "array[timestamp]" } as const;
    for (const value of [new Date(at), Date.parse(at), at, "2024-01-02T04:04:05.6789+01:00"]) {
      expect(prepare(definition, { at: value, all: [value, at] })).toEqual({ at, all: [at, at] });
    }
  });

  test("a Date stands only where the schema says timestamp", () => {
    expect(
      problems({ at: "timestamp" }, { other: new Date(0), x: [new Date(0)], y: { at: new Date(0) } }),
    ).toHaveLength(3);
    expect(problems({ at: "timestamp" }, { at: new Date(Number.NaN) })).toEqual([
      "at is no date of the years 0001 to 9999",
    ]);
  });

  test("hostile names are fields like any other", () => {
    const definition: SchemaDefinition = JSON.parse(
      '{"fields":{"constructor":{"type":"string","default":"x"},"__proto__":{"type":"int","default":1}}}',
    );
    const metadata = prepare(definition, {});
    assert.deepStrictEqual(metadata, JSON.parse('{"constructor":"x","__proto__":1}'));
    expect(Object.getPrototypeOf(metadata)).toBe(Object.prototype);
  });

  test("what is filled in is frozen and counted", () => {
    const definition = { fields: { a: { type: "string", default: "x".repeat(100) } } } as const;
    expect(Object.isFrozen(prepare(definition, {}))).toBe(true);
    thrown("INVALID_METADATA", () => prepare(definition, {}, { ...DEFAULT_LIMITS, maxMetadataBytes: 100 }));
  });

  test("undeclared fields are kept, unless the schema refuses them", () => {
    const fields = { a: "int", "b.c": "int", o: "object", p: "geo_point" } as const;
    const value = { a: 1, b: { c: 2 }, o: { any: { thing: 1 } }, p: { lat: 1, lon: 2, building: "x" } };
    expect(prepare({ additional: "refuse", fields }, value)).toEqual(value);
    expect(prepare({ fields }, { ...value, z: 1 })).toEqual({ ...value, z: 1 });
    expect(problems({ additional: "refuse", fields }, { b: { c: 1, d: 2 }, z: 1 })).toEqual([
      "b.d is not declared, and the schema refuses further fields",
      "z is not declared, and the schema refuses further fields",
    ]);
    expect(problems({ additional: "refuse", fields }, { b: 1 })).toEqual([
      "b is not an object, although the schema declares fields below it",
    ]);
  });
});

describe("a field of type", () => {
  const good = {
    string: ["", "x"],
    int: [0, -5, Number.MAX_SAFE_INTEGER],
    float: [0.5, 3, 1e300],
    boolean: [true, false],
    "enum[a, b]": ["a", "b"],
    timestamp: ["2024-01-01T00:00:00Z", 0],
    semver: ["1.2.3", "2.0", "1.0.0-rc.1+build"],
    geo_point: [
      { lat: 90, lon: -180 },
      { lat: 0, lon: 0, floor: 3 },
    ],
    object: [{}, { a: 1 }],
    array: [[], [1, "x", null]],
    "array[int]": [[], [1, 2]],
  } as const;
  const bad = {
    string: [1, null, ["x"], {}],
    int: [0.5, 2 ** 53, "1", null],
    float: ["1", null, true],
    boolean: [0, "true", null],
    "enum[a, b]": ["c", "A", 1, null],
    timestamp: ["2024-01-01", "2024-01-01T00:00:00", "2024-02-30T00:00:00Z", null, 1e18],
    semver: ["v1", "1.2.3.4", "", 1],
    geo_point: [{ lat: 91, lon: 0 }, { lat: 0, lon: 181 }, { lat: "0", lon: 0 }, { lat: 0 }, [0, 0], null],
    object: [[], null, "x"],
    array: [{}, null, "x"],
    "array[int]": [[1, 0.5], ["1"], [null]],
  } as const;

  test.each(Object.entries(good))("%s takes %j", (type, values) => {
    for (const value of values) expect(Object.keys(prepare({ f: type as "string" }, { f: value }))).toEqual(["f"]);
  });

  test.each(Object.entries(bad))("%s refuses %j", (type, values) => {
    for (const value of values)
      expect(problems({ f: type as "string" }, { f: value }), JSON.stringify(value)).toHaveLength(1);
  });

  test("string is measured in code points", () => {
    const definition = { fields: { f: { type: "string", max_length: 3 } } } as const;
    expect(prepare(definition, { f: "😀😀😀" })).toEqual({ f: "😀😀😀" });
    expect(problems(definition, { f: "😀😀😀x" })).toEqual(["f has more than 3 characters"]);
  });

  test("array names the element that is wrong", () => {
    expect(problems({ f: "array[string]" }, { f: ["a", 1] })).toEqual(["f.1 is not a string"]);
  });
});

test("everything that is wrong is listed, what is no JSON and what breaks the schema, each once", () => {
  const definition = {
    additional: "refuse",
    fields: { a: { type: "string", required: true }, b: "int", c: "float", "d.e": "semver" },
  } as const;
  expect(problems(definition, { b: "x", c: Number.NaN, d: { e: "no" }, f: 1 })).toEqual([
    "c is NaN, which is no JSON number",
    "a is required",
    "b is not an integer within ±(2^53 − 1)",
    'd.e is not a version such as "1.2.3"',
    "f is not declared, and the schema refuses further fields",
  ]);
});
