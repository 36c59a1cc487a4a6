import { formatPath, isObject, type JsonObject, type JsonValue, type Metadata, readPath } from "@muster/filter";
import { setOwn } from "../input/plain-json.ts";
import type { FieldSchema, IdentitySchema } from "../slots/index.ts";
import type { Violations } from "../input/violations.ts";
import { readField } from "./types.ts";

/** Defaults and times are filled in at registration only. */
export type Step = "register" | "update";

export interface SchemaContext {
  /** Fills the primary key where it is absent. */
  readonly identity: string;
  /** Epoch ms, for `auto: "now"`. */
  readonly now: number;
  readonly step: Step;
  /** Takes all that is wrong; places that already are in it are not looked at again. */
  readonly violations: Violations;
}

type Entries = readonly (readonly [key: string, field: FieldSchema])[];

/** Listing the members of an object without a prototype costs as much as all the rest of a small schema. */
const listed = new WeakMap<IdentitySchema, Entries>();

/** The metadata as the schema has it stored, deep-frozen like what came in; the same object when nothing had to change. */
export function applySchema(schema: IdentitySchema, metadata: Metadata, context: SchemaContext): Metadata {
  let result = metadata;
  for (const [key, field] of entriesOf(schema)) {
    if (!context.violations.covers(field.path)) result = applyField(field, key === schema.primaryKey, result, context);
  }
  if (schema.additional === "refuse") refuseUnknown(schema, metadata, [], context.violations);
  return result;
}

function entriesOf(schema: IdentitySchema): Entries {
  const entries = listed.get(schema) ?? Object.entries(schema.fields);
  listed.set(schema, entries);
  return entries;
}

/** Whether the schema takes a Date at this path; array indexes are numbers. */
export function isTimestampAt(schema: IdentitySchema, path: readonly (string | number)[]): boolean {
  const isElement = typeof path.at(-1) === "number";
  const keys = isElement ? path.slice(0, -1) : path;
  if (!keys.every((key) => typeof key === "string")) return false;
  const field = schema.fields[formatPath(keys)];
  return (isElement ? field?.items : field?.type) === "timestamp";
}

function applyField(field: FieldSchema, isPrimaryKey: boolean, metadata: Metadata, context: SchemaContext): Metadata {
  const present = readPath(metadata, field.path);
  const value = present === undefined ? filled(field, isPrimaryKey, context) : present; // null is present.
  if (value === undefined) {
    if (field.required) context.violations.add(field.path, "is required");
    return metadata;
  }
  const read = readField(field, value);
  if ("problem" in read) {
    context.violations.add(read.element === undefined ? field.path : [...field.path, read.element], read.problem);
    return metadata;
  }
  if (read.value === present) return metadata;
  return withValue(metadata, field.path, read.value) ?? blocked(field, metadata, context);
}

function filled(
  field: FieldSchema,
  isPrimaryKey: boolean,
  { identity, now, step }: SchemaContext,
): JsonValue | undefined {
  if (isPrimaryKey) return identity;
  if (step === "update") return undefined;
  return field.auto === "now" ? now : field.default;
}

/** `undefined` when something on the way is no object. */
function withValue(owner: JsonObject, path: readonly string[], value: JsonValue): JsonObject | undefined {
  const [key = "", ...rest] = path;
  let member: JsonValue | undefined = value;
  if (rest.length > 0) {
    const inner = Object.hasOwn(owner, key) ? owner[key] : {};
    member = isObject(inner) ? withValue(inner, rest, value) : undefined;
  }
  if (member === undefined) return undefined;
  const copy: Record<string, JsonValue> = { ...owner };
  setOwn(copy, key, member);
  return Object.freeze(copy);
}

function blocked(field: FieldSchema, metadata: Metadata, { violations }: SchemaContext): Metadata {
  violations.add(field.path, "can't be filled in, because what stands above it is no object");
  return metadata;
}

function refuseUnknown(
  schema: IdentitySchema,
  owner: JsonObject,
  above: readonly string[],
  violations: Violations,
): void {
  for (const [key, value] of Object.entries(owner)) {
    const path = [...above, key];
    if (schema.fields[formatPath(path)] !== undefined) continue;
    if (!hasFieldsBelow(schema, path)) violations.add(path, "is not declared, and the schema refuses further fields");
    else if (isObject(value)) refuseUnknown(schema, value, path, violations);
    else violations.add(path, "is not an object, although the schema declares fields below it");
  }
}

function hasFieldsBelow(schema: IdentitySchema, path: readonly string[]): boolean {
  return Object.values(schema.fields).some((field) => path.every((key, depth) => field.path[depth] === key));
}
