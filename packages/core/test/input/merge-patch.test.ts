import assert from "node:assert/strict";
import { isObject, type JsonValue, type Metadata } from "@muster/filter";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { DEFAULT_LIMITS } from "../../src/limits.ts";
import { applyPatch } from "../../src/input/merge-patch.ts";
import { type MetadataRules, prepareMetadata } from "../../src/input/metadata.ts";
import { defineSchema } from "../../src/schema/compile.ts";
import type { IdentitySchema } from "../../src/slots/index.ts";
import { spelled, thrown } from "../support/codes.ts";

const rules = (schema?: IdentitySchema): MetadataRules => ({
  schema,
  limits: DEFAULT_LIMITS,
  identity: "a",
  now: 0,
  source: "core.update",
});
const patched = (current: Metadata, patch: unknown): Metadata => applyPatch(current, patch, rules());

describe("a patch", () => {
  test("merges objects, member by member", () => {
    expect(patched({ a: { b: 1, c: 2 }, d: 3 }, { a: { c: 4, e: 5 } })).toEqual({ a: { b: 1, c: 4, e: 5 }, d: 3 });
  });

  test("deletes what is undefined, and nothing else", () => {
    expect(
      Object.keys(patched({ a: 1, b: { c: 2, d: 3 } }, { a: undefined, b: { c: undefined }, e: undefined })),
    ).toEqual(["b"]);
    expect(patched({ b: { c: 2, d: 3 } }, { b: { c: undefined } })).toEqual({ b: { d: 3 } });
  });

  test("stores null", () => {
    expect(patched({ a: 1 }, { a: null, b: null })).toEqual({ a: null, b: null });
  });

  test("replaces arrays whole", () => {
    expect(patched({ a: [1, 2, 3], b: { c: 1 } }, { a: [{ x: 1, y: undefined }], b: [] })).toEqual({
      a: [{ x: 1 }],
      b: [],
    });
  });

  test("puts an object in the place of anything that is none, without what it deletes", () => {
    expect(patched({ a: [1] }, { a: { b: undefined, c: 1 } })).toEqual({ a: { c: 1 } });
  });

  test("that is empty changes nothing", () => {
    expect(patched({ a: 1 }, {})).toEqual({ a: 1 });
  });

  test("treats hostile names as data", () => {
    const current: Metadata = JSON.parse('{"__proto__":{"a":1},"constructor":{"b":1}}');
    const patch: unknown = JSON.parse('{"__proto__":{"c":2},"constructor":{"d":2},"toString":{"e":3},"a.b":4,"$x":5}');
    const result = patched(current, patch);
    assert.deepStrictEqual(
      result,
      JSON.parse('{"__proto__":{"a":1,"c":2},"constructor":{"b":1,"d":2},"toString":{"e":3},"a.b":4,"$x":5}'),
    );
    expect(Object.getPrototypeOf(result)).toBe(Object.prototype);
    expect(Object.hasOwn({}, "c")).toBe(false);
  });

  test("leaves what it is applied to as it was", () => {
    const current = Object.freeze({ a: Object.freeze({ b: 1 }) });
    patched(current, { a: { b: 2 } });
    expect(current).toEqual({ a: { b: 1 } });
  });

  test.each([null, undefined, [], "x", 1, new Map()])("is an object, not %s", (patch) => {
    expect(thrown("INVALID_METADATA", () => patched({}, patch)).detail.violations).toHaveLength(1);
  });

  test("is held to the rules of metadata, with the path of every mistake", () => {
    const { detail } = thrown("INVALID_METADATA", () =>
      patched({}, { a: { b: Number.NaN }, c: [undefined], d: new Date() }),
    );
    expect(detail.violations.map(({ path }) => path)).toEqual(["a.b", "c.0", "d"]);
  });

  test("must not make the whole too large", () => {
    const { message } = thrown("INVALID_METADATA", () => patched({ a: "x".repeat(40_000) }, { b: "x".repeat(40_000) }));
    expect(message).toContain("takes 80015 bytes as JSON text, more than 65536");
  });

  test("gives what a naive model gives, frozen", () => {
    const plain = fc.dictionary(fc.constantFrom("a", "b", "c", "__proto__"), fc.jsonValue({ maxDepth: 3 }), {
      noNullPrototype: true,
    });
    fc.assert(
      fc.property(plain, patches, (data, patch) => {
        const current = prepareMetadata(data, rules());
        const result = patched(current, patch);
        assert.deepStrictEqual(result, model(current, patch));
        expect(isDeepFrozen(result)).toBe(true);
      }),
    );
  });
});

describe("with a schema, a patch", () => {
  const schema = defineSchema({
    primary_key: "id",
    fields: {
      name: { type: "string", required: true, max_length: 5 },
      status: { type: "enum", values: ["on", "off"], default: "off" },
      seen: { type: "timestamp", auto: "now" },
    },
  });
  const current: Metadata = { id: "a", name: "x", status: "on", seen: "2024-01-01T00:00:00.000Z" };

  test("fills in neither defaults nor times again", () => {
    expect(applyPatch(current, { status: undefined, seen: undefined }, rules(schema))).toEqual({ id: "a", name: "x" });
  });

  test("can't take the primary key away", () => {
    expect(applyPatch(current, { id: undefined }, rules(schema))).toEqual(current);
  });

  test("can't take away what is required, nor break a type; all of it is listed", () => {
    const { detail } = thrown("INVALID_METADATA", () =>
      applyPatch(current, { name: undefined, status: "broken" }, rules(schema)),
    );
    expect(spelled(detail.violations)).toEqual(["name is required", "status is not one of on, off"]);
  });

  test("may hold a Date for a timestamp", () => {
    expect(applyPatch(current, { seen: new Date(0) }, rules(schema))).toEqual({
      ...current,
      seen: "1970-01-01T00:00:00.000Z",
    });
  });
});

interface Patch {
  readonly [key: string]: JsonValue | Patch | undefined;
}

const { patch: patches } = fc.letrec<{ patch: Patch; value: Patch[string] }>((tie) => ({
  value: fc.oneof(
    { maxDepth: 3 },
    fc.constant(undefined),
    fc.integer(),
    fc.constant(null),
    fc.array(fc.integer(), { maxLength: 2 }),
    tie("patch"),
  ),
  patch: fc.dictionary(fc.constantFrom("a", "b", "c", "__proto__"), tie("value"), { noNullPrototype: true }),
}));

/** RFC 7396 over entries, with `undefined` in the role of its `null`. */
function model(current: JsonValue | undefined, patch: Patch[string]): JsonValue | undefined {
  if (!isPatch(patch)) return patch;
  const members = new Map(isObject(current) ? Object.entries(current) : []);
  for (const [key, value] of Object.entries(patch)) {
    const merged = model(members.get(key), value);
    if (merged === undefined) members.delete(key);
    else members.set(key, merged);
  }
  return Object.fromEntries(members);
}

function isPatch(value: Patch[string]): value is Patch {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function isDeepFrozen(value: JsonValue): boolean {
  return (
    typeof value !== "object" || value === null || (Object.isFrozen(value) && Object.values(value).every(isDeepFrozen))
  );
}
