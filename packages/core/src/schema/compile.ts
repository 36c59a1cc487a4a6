import { FilterError, formatPath, isObject, type JsonObject, type Path, parsePath } from "@muster/filter";
import { copyJson, MAX_DEPTH } from "../input/plain-json.ts";
import { type FieldSchema, type IdentitySchema, MusterError } from "../slots/index.ts";
import { Violations } from "../input/violations.ts";
import type { SchemaDefinition } from "./definition.ts";
import { compileField } from "./field.ts";
import { DEFINITION, type Schema } from "./infer.ts";

const MAX_DEFINITION_BYTES = 1_048_576;
const MEMBERS = ["fields", "primary_key", "primaryKey", "additional"];

/**
 * The schema an identity's metadata is held to, from a definition in the RFC's form or in shorthand; the compiler infers
 * the type of the metadata from it.
 *
 * @throws CONFIG_INVALID with every mistake in the definition.
 */
export function defineSchema<const Definition extends SchemaDefinition>(definition: Definition): Schema<Definition> {
  return compileSchema(definition, "core.defineSchema") as Schema<Definition>; // It was made from this very definition.
}

/** As {@link defineSchema}; a schema that is compiled already comes back as it is. */
export function compileSchema(definition: unknown, source: string): IdentitySchema {
  if (isSchema(definition)) return definition;
  const violations = new Violations();
  const { value } = copyJson(definition, {
    maxBytes: MAX_DEFINITION_BYTES,
    violations,
    allowsDate: (path) => path.at(-1) === "default",
  });
  const schema = isObject(value) ? compileDefinition(value, violations) : undefined;
  if (schema === undefined && violations.list.length === 0) violations.add([], "is no object, which a schema must be");
  if (schema === undefined || violations.list.length > 0) {
    const detail = { violations: violations.list };
    throw new MusterError({ code: "CONFIG_INVALID", source, subject: "schema", message: violations.summary(), detail });
  }
  return Object.freeze(Object.defineProperty(schema, DEFINITION, { value }));
}

function isSchema(value: unknown): value is Schema {
  return typeof value === "object" && value !== null && DEFINITION in value;
}

function compileDefinition(definition: JsonObject, violations: Violations): IdentitySchema {
  const { fields: declared } = definition;
  return isObject(declared) ? compileLong(definition, declared, violations) : compileShort(definition, violations);
}

function compileShort(definition: JsonObject, violations: Violations): IdentitySchema {
  const fields = compileFields(definition, [], violations);
  for (const [key, written] of Object.entries(definition)) {
    if (typeof written !== "string")
      violations.add([key], 'stands in the short form, where every field is a text; write { "fields": { … } }');
  }
  refuseFieldsBelowScalars(fields, [], violations);
  return { fields: Object.freeze(fields), additional: "keep" };
}

function compileLong(definition: JsonObject, declared: JsonObject, violations: Violations): IdentitySchema {
  for (const member of Object.keys(definition)) {
    if (!MEMBERS.includes(member))
      violations.add([member], `is no member of a schema; there are ${MEMBERS.join(", ")}`);
  }
  const fields = compileFields(declared, ["fields"], violations);
  const primaryKey = compilePrimaryKey(definition, fields, violations);
  refuseFieldsBelowScalars(fields, ["fields"], violations);
  const { additional = "keep" } = definition;
  if (additional !== "keep" && additional !== "refuse") violations.add(["additional"], 'is "keep" or "refuse"');
  return {
    fields: Object.freeze(fields),
    ...(primaryKey !== undefined && { primaryKey }),
    additional: additional === "refuse" ? "refuse" : "keep",
  };
}

/** By dotted key, without a prototype: any name can be asked for. */
function compileFields(
  declared: JsonObject,
  at: readonly string[],
  violations: Violations,
): Record<string, FieldSchema> {
  const fields: Record<string, FieldSchema> = Object.create(null) as Record<string, FieldSchema>; // It has no members.
  for (const [key, definition] of Object.entries(declared)) {
    const path = readKey(key, [...at, key], violations);
    const field = path && compileField(path, definition, [...at, key], violations);
    if (field !== undefined) fields[key] = field;
  }
  return fields;
}

function refuseFieldsBelowScalars(
  fields: Readonly<Record<string, FieldSchema>>,
  at: readonly string[],
  violations: Violations,
): void {
  for (const [key, { path }] of Object.entries(fields)) {
    const above = scalarAbove(path, fields);
    if (above !== undefined) violations.add([...at, key], `stands below ${above}, which is no object`);
  }
}

function readKey(key: string, at: readonly string[], violations: Violations): Path | undefined {
  try {
    const path = parsePath(key);
    if (path.length <= MAX_DEPTH) return path;
    violations.add(at, `lies deeper than ${MAX_DEPTH} levels`);
  } catch (error) {
    if (!(error instanceof FilterError)) throw error;
    violations.add(at, `is no field key: ${error.message}`);
  }
  return undefined;
}

function scalarAbove(path: Path, fields: Readonly<Record<string, FieldSchema>>): string | undefined {
  for (let depth = 1; depth < path.length; depth++) {
    const key = formatPath(path.slice(0, depth));
    const type = fields[key]?.type;
    if (type !== undefined && type !== "object" && type !== "geo_point") return key;
  }
  return undefined;
}

/** The primary key's field key; a field that is not declared is added to `fields`. */
function compilePrimaryKey(
  definition: JsonObject,
  fields: Record<string, FieldSchema>,
  violations: Violations,
): string | undefined {
  const { primary_key: snake, primaryKey: camel } = definition;
  const key = snake ?? camel;
  if (key === undefined) return undefined;
  const member = snake === undefined ? "primaryKey" : "primary_key";
  if (snake !== undefined && camel !== undefined)
    violations.add(["primaryKey"], "is given twice: as primary_key and as primaryKey");
  if (typeof key !== "string") {
    violations.add([member], "is the key of a field");
    return undefined;
  }
  const path = readKey(key, [member], violations);
  if (path === undefined) return undefined;
  const field: FieldSchema =
    fields[key] ?? Object.freeze({ type: "string", path: Object.freeze(path), required: false, index: false });
  if (field.type !== "string") violations.add([member], `names a field of type ${field.type}; an identity is a string`);
  if (field.default !== undefined)
    violations.add(["fields", key, "default"], "contradicts primary_key, which fills the field in");
  fields[key] = field;
  return key;
}
