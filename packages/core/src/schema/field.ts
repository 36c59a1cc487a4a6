import { isObject, type JsonObject, type JsonValue, type Path } from "@muster/filter";
import type { FieldSchema, FieldType } from "../slots/index.ts";
import type { Violations } from "../input/violations.ts";
import type { PlainType } from "./definition.ts";
import { FIELD_TYPES, readField } from "./types.ts";

const MEMBERS = new Set(["type", "required", "default", "auto", "index", "max_length", "maxLength", "values", "items"]);
const TYPE_NAMES = Object.keys(FIELD_TYPES).join(", ");
const BRACKETS = /^(enum|array)\[(.*)\]$/s;

/** One field's definition while it is read. */
interface Reading {
  readonly definition: JsonObject;
  readonly type: FieldType;
  /** Reports a mistake in a member. */
  wrong(member: string, problem: string): undefined;
}

/**
 * The field at `path`, from its definition in either form; mistakes go to `violations`, under `at`. `undefined` when it
 * has no known type.
 */
export function compileField(
  path: Path,
  written: JsonValue,
  at: readonly string[],
  violations: Violations,
): FieldSchema | undefined {
  const definition = typeof written === "string" ? expand(written) : written;
  const wrong = (member: string, problem: string): undefined => {
    violations.add(typeof written === "string" ? at : [...at, member], problem);
    return undefined;
  };
  if (!isObject(definition)) {
    violations.add(at, `is neither a type such as "string" nor an object such as { type: "string" }`);
    return undefined;
  }
  for (const member of Object.keys(definition)) {
    if (!MEMBERS.has(member)) wrong(member, `is no member of a field; there are ${[...MEMBERS].join(", ")}`);
  }
  const { type } = definition;
  if (!isFieldType(type)) return wrong("type", `${show(type)} is no type; there are ${TYPE_NAMES}`);
  const reading: Reading = { definition, type, wrong };
  const field: FieldSchema = {
    type,
    path: Object.freeze(path),
    required: readFlag("required", reading),
    index: definition["index"] === "gist" && type === "geo_point" ? "gist" : readFlag("index", reading),
    ...present("maxLength", readMaxLength(reading)),
    ...present("values", readValues(reading)),
    ...present("items", readItems(reading)),
    ...present("auto", readAuto(reading)),
  };
  return Object.freeze({ ...field, ...present("default", readDefault(field, reading)) });
}

/** A shorthand as the long definition it stands for. */
function expand(shorthand: string): JsonObject {
  const [, type, inner = ""] = BRACKETS.exec(shorthand.trim()) ?? [];
  if (type === "enum") return { type, values: Object.freeze(inner.split(",").map((value) => value.trim())) };
  if (type === "array") return { type, items: inner.trim() };
  return { type: shorthand.trim() };
}

function readFlag(member: "required" | "index", { definition, type, wrong }: Reading): boolean {
  const value = definition[member] ?? false;
  if (typeof value === "boolean") return value;
  if (value === "gist") wrong(member, `"gist" is only for geo_point, not for ${type}`);
  else wrong(member, member === "index" ? 'is true, false or "gist"' : "is true or false");
  return false;
}

function readMaxLength({ definition, type, wrong }: Reading): number | undefined {
  const { max_length: snake, maxLength: camel } = definition;
  if (snake !== undefined && camel !== undefined)
    return wrong("maxLength", "is given twice: as max_length and as maxLength");
  const member = snake === undefined ? "maxLength" : "max_length";
  const value = snake ?? camel;
  if (value === undefined) return undefined;
  if (type !== "string") return wrong(member, `is only for string, not for ${type}`);
  return typeof value === "number" && Number.isSafeInteger(value) && value > 0
    ? value
    : wrong(member, "is a whole number above 0");
}

function readValues({ definition, type, wrong }: Reading): readonly string[] | undefined {
  const { values } = definition;
  if (type !== "enum") return values === undefined ? undefined : wrong("values", `is only for enum, not for ${type}`);
  if (!isTexts(values)) return wrong("values", "of an enum is a list of one or more strings, none of them empty");
  const twice = values.find((value, index) => values.indexOf(value) !== index);
  return twice === undefined ? values : wrong("values", `names ${show(twice)} twice`);
}

function readItems({ definition, type, wrong }: Reading): PlainType | undefined {
  const { items } = definition;
  if (items === undefined) return undefined;
  if (type !== "array") return wrong("items", `is only for array, not for ${type}`);
  if (isFieldType(items) && items !== "enum" && items !== "array") return items;
  return wrong("items", `${show(items)} is no type of items; there are ${TYPE_NAMES}, except enum and array`);
}

function readAuto({ definition, type, wrong }: Reading): "now" | undefined {
  const { auto } = definition;
  if (auto === undefined) return undefined;
  if (type !== "timestamp") return wrong("auto", `is only for timestamp, not for ${type}`);
  return auto === "now" ? auto : wrong("auto", 'is "now"');
}

function readDefault(field: FieldSchema, { definition, wrong }: Reading): JsonValue | undefined {
  const value = definition["default"];
  if (value === undefined) return undefined;
  if (field.auto !== undefined) return wrong("default", "contradicts auto, which fills the field in");
  const read = readField(field, value);
  return "value" in read ? read.value : wrong("default", read.problem);
}

function isFieldType(value: JsonValue | undefined): value is FieldType {
  return typeof value === "string" && Object.hasOwn(FIELD_TYPES, value);
}

function isTexts(value: JsonValue | undefined): value is readonly string[] {
  return Array.isArray(value) && value.length > 0 && value.every((text) => typeof text === "string" && text !== "");
}

function present<Key extends string, Value>(key: Key, value: Value | undefined): { readonly [K in Key]?: Value } {
  return value === undefined ? {} : ({ [key]: value } as { readonly [K in Key]: Value }); // A computed key widens to string.
}

function show(value: JsonValue | undefined): string {
  return value === undefined ? "nothing" : JSON.stringify(value).slice(0, 60);
}
