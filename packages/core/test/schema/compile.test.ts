import { describe, expect, test } from "vitest";
import { compileSchema, defineSchema } from "../../src/schema/compile.ts";
import { spelled, thrown } from "../support/codes.ts";

const mistakes = (definition: unknown): readonly string[] =>
  spelled(thrown("CONFIG_INVALID", () => compileSchema(definition, "core.openRegistry")).detail.violations);

describe("a definition", () => {
  test("in the long form gives each field with its defaults filled in", () => {
    const schema = defineSchema({
      primary_key: "user_id",
      fields: {
        user_id: { type: "string", required: true },
        display_name: { type: "string", max_length: 100 },
        status: { type: "enum", values: ["online", "away", "offline"], default: "offline" },
        current_room: { type: "string", required: false, index: true },
        last_activity: { type: "timestamp", auto: "now" },
        capabilities: { type: "array", items: "string" },
        location: { type: "geo_point", index: "gist" },
      },
    });
    expect({ ...schema, fields: { ...schema.fields } }).toEqual({
      primaryKey: "user_id",
      additional: "keep",
      fields: {
        user_id: { type: "string", path: ["user_id"], required: true, index: false },
        display_name: { type: "string", path: ["display_name"], required: false, index: false, maxLength: 100 },
        status: {
          type: "enum",
          path: ["status"],
          required: false,
          index: false,
          values: ["online", "away", "offline"],
          default: "offline",
        },
        current_room: { type: "string", path: ["current_room"], required: false, index: true },
        last_activity: { type: "timestamp", path: ["last_activity"], required: false, index: false, auto: "now" },
        capabilities: { type: "array", path: ["capabilities"], required: false, index: false, items: "string" },
        location: { type: "geo_point", path: ["location"], required: false, index: "gist" },
      },
    });
  });

  test("in shorthand gives optional fields", () => {
    const { fields } = defineSchema({
      service_name: "string",
      health_status: "enum[healthy, degraded, unhealthy]",
      capabilities: "array[string]",
      location: "geo_point",
      battery_level: "float",
      current_tasks: "int",
      available_resources: "object",
      last_seen: "timestamp",
      any: "array",
    });
    expect(Object.values(fields).every(({ required, index }) => !required && index === false)).toBe(true);
    expect(fields["health_status"]).toMatchObject({ type: "enum", values: ["healthy", "degraded", "unhealthy"] });
    expect(fields["capabilities"]).toMatchObject({ type: "array", items: "string" });
    expect(fields["any"]).not.toHaveProperty("items");
  });

  test("is long exactly when it has an object named fields", () => {
    expect(Object.keys(defineSchema({ fields: "string" }).fields)).toEqual(["fields"]);
    expect(Object.keys(defineSchema({ fields: { a: "int" } }).fields)).toEqual(["a"]);
  });

  test("may be written in camelCase", () => {
    const schema = defineSchema({
      primaryKey: "id",
      additional: "refuse",
      fields: { id: { type: "string", maxLength: 5 } },
    });
    expect(schema).toMatchObject({ primaryKey: "id", additional: "refuse" });
    expect(schema.fields["id"]).toMatchObject({ maxLength: 5 });
  });

  test("declares nested fields by dotted keys, in the spelling of filters", () => {
    const { fields } = defineSchema({ "device.type": "string", "a\\.b.\\$c": "int", device: "object" });
    expect(fields["device.type"]?.path).toEqual(["device", "type"]);
    expect(fields["a\\.b.\\$c"]?.path).toEqual(["a.b", "$c"]);
  });

  test("may name fields like members of every object", () => {
    const { fields } = defineSchema(
      JSON.parse('{"fields":{"constructor":"string","__proto__":"int","toString":{"type":"float"}}}'),
    );
    expect(Object.keys(fields)).toEqual(["constructor", "__proto__", "toString"]);
    expect(fields["hasOwnProperty"]).toBeUndefined();
  });

  test("adds a primary key that no field declares", () => {
    expect(defineSchema({ primary_key: "id", fields: {} }).fields["id"]).toMatchObject({
      type: "string",
      required: false,
    });
  });

  test("keeps defaults in stored form", () => {
    const { fields } = defineSchema({
      fields: { at: { type: "timestamp", default: new Date(0) }, tags: { type: "array", default: [1] } },
    });
    expect(fields["at"]?.default).toBe("1970-01-01T00:00:00.000Z");
    expect(Object.isFrozen(fields["tags"]?.default)).toBe(true);
  });

  test("gives a frozen schema, which is compiled only once", () => {
    const schema = defineSchema({ a: "enum[x]" });
    expect(
      [schema, schema.fields, schema.fields["a"], schema.fields["a"]?.path, schema.fields["a"]?.values].every(
        Object.isFrozen,
      ),
    ).toBe(true);
    expect(compileSchema(schema, "core.openRegistry")).toBe(schema);
  });
});

describe("a mistake is CONFIG_INVALID at its place:", () => {
  test.each<[string, unknown, readonly string[]]>([
    ["no object", "string", [" is no object, which a schema must be"]],
    ["an unknown type", { a: "text" }, ['a "text" is no type; there are string, int, float']],
    ["an unknown type of the long form", { fields: { a: { type: "number" } } }, ['fields.a.type "number" is no type']],
    ["no type", { fields: { a: {} } }, ["fields.a.type nothing is no type"]],
    ["a type from Object.prototype", { a: "constructor" }, ['a "constructor" is no type']],
    ["a field that is no definition", { fields: { a: 5 } }, ["fields.a is neither a type such as"]],
    ["a long field in the short form", { a: { type: "string" } }, ["a stands in the short form"]],
    ["an unknown member of the schema", { fields: {}, indexes: [] }, ["indexes is no member of a schema"]],
    [
      "an unknown member of a field",
      { fields: { a: { type: "string", maxlength: 5 } } },
      ["fields.a.maxlength is no member of a field"],
    ],
    ["an enum without values", { fields: { a: { type: "enum" } } }, ["fields.a.values of an enum is a list"]],
    ["an enum without values in shorthand", { a: "enum[]" }, ["a of an enum is a list"]],
    ["an enum in one word", { a: "enum" }, ["a of an enum is a list"]],
    ["a value twice", { a: "enum[x, x]" }, ['a names "x" twice']],
    [
      "values of another type",
      { fields: { a: { type: "string", values: ["x"] } } },
      ["fields.a.values is only for enum, not for string"],
    ],
    [
      "max_length of another type",
      { fields: { a: { type: "int", max_length: 5 } } },
      ["fields.a.max_length is only for string, not for int"],
    ],
    [
      "max_length 0",
      { fields: { a: { type: "string", max_length: 0 } } },
      ["fields.a.max_length is a whole number above 0"],
    ],
    [
      "both spellings",
      { fields: { a: { type: "string", max_length: 1, maxLength: 1 } } },
      ["fields.a.maxLength is given twice"],
    ],
    ["both spellings of the key", { primary_key: "a", primaryKey: "a", fields: {} }, ["primaryKey is given twice"]],
    [
      "items of another type",
      { fields: { a: { type: "string", items: "int" } } },
      ["fields.a.items is only for array, not for string"],
    ],
    ["unknown items", { a: "array[text]" }, ['a "text" is no type of items']],
    [
      "arrays of arrays",
      { fields: { a: { type: "array", items: "array" } } },
      ['fields.a.items "array" is no type of items'],
    ],
    [
      "auto of another type",
      { fields: { a: { type: "string", auto: "now" } } },
      ["fields.a.auto is only for timestamp, not for string"],
    ],
    ["another auto", { fields: { a: { type: "timestamp", auto: "later" } } }, ['fields.a.auto is "now"']],
    [
      "auto and default",
      { fields: { a: { type: "timestamp", auto: "now", default: 0 } } },
      ["fields.a.default contradicts auto"],
    ],
    [
      "a default of another type",
      { fields: { a: { type: "int", default: 0.5 } } },
      ["fields.a.default is not an integer"],
    ],
    [
      "a default outside of the enum",
      { fields: { a: { type: "enum", values: ["x"], default: "y" } } },
      ["fields.a.default is not one of x"],
    ],
    [
      "a default that is too long",
      { fields: { a: { type: "string", max_length: 1, default: "xy" } } },
      ["fields.a.default has more than 1 characters"],
    ],
    [
      "a default for the primary key",
      { primary_key: "a", fields: { a: { type: "string", default: "x" } } },
      ["fields.a.default contradicts primary_key"],
    ],
    [
      "required that is no boolean",
      { fields: { a: { type: "string", required: "yes" } } },
      ["fields.a.required is true or false"],
    ],
    [
      "another index",
      { fields: { a: { type: "string", index: "btree" } } },
      ['fields.a.index is true, false or "gist"'],
    ],
    [
      "gist for another type",
      { fields: { a: { type: "string", index: "gist" } } },
      ['fields.a.index "gist" is only for geo_point'],
    ],
    ["additional", { additional: "drop", fields: {} }, ['additional is "keep" or "refuse"']],
    ["a primary key that is no text", { primary_key: 1, fields: {} }, ["primary_key is the key of a field"]],
    [
      "a primary key of another type",
      { primary_key: "a", fields: { a: "int" } },
      ["primary_key names a field of type int"],
    ],
    ["an empty segment", { "a..b": "int" }, ["a\\.\\.b is no field key"]],
    ["a dollar", { $a: "int" }, ["\\$a is no field key"]],
    [
      "33 levels",
      { [Array(33).fill("a").join(".")]: "int" },
      [`${Array(33).fill("a").join("\\.")} lies deeper than 32 levels`],
    ],
    ["a field below a scalar", { a: "string", "a.b.c": "int" }, ["a\\.b\\.c stands below a, which is no object"]],
    [
      "a field below an array",
      { fields: { a: "array", "a.b": "int" } },
      ["fields.a\\.b stands below a, which is no object"],
    ],
    [
      "a primary key below a scalar",
      { primary_key: "a.b", fields: { a: "int" } },
      ["fields.a\\.b stands below a, which is no object"],
    ],
    [
      "what is no plain JSON",
      { fields: { a: { type: "string", default: () => "x" } } },
      ["fields.a.default is a function"],
    ],
  ])("%s", (_, definition, expected) => {
    const found = mistakes(definition);
    expect(found).toHaveLength(expected.length);
    for (const [index, start] of expected.entries()) expect(found[index]?.slice(0, start.length)).toBe(start);
  });

  test("all of them at once, the first in the message", () => {
    const definition = { primary_key: 1, nonsense: true, fields: { a: "text", b: { type: "int", items: "int" } } };
    const { detail, message } = thrown("CONFIG_INVALID", () => compileSchema(definition, "core.openRegistry"));
    expect(detail.violations).toHaveLength(4);
    expect(message).toMatch(/^\[CONFIG_INVALID\] core\.openRegistry "schema": .*; and 1 more$/);
  });
});
