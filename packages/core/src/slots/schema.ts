/** An identity schema as backends see it: checked, with every default filled in. Users write one with `defineSchema`. */

import type { JsonValue } from "@muster/filter";

/**
 * `int` is a safe integer, `float` any finite number, `timestamp` is stored as `YYYY-MM-DDTHH:mm:ss.sssZ`, `semver` as
 * written, `geo_point` is `{ lat, lon }` with further members allowed, `object` any object, `array` any array.
 */
export type FieldType =
  | "string"
  | "int"
  | "float"
  | "boolean"
  | "enum"
  | "timestamp"
  | "semver"
  | "geo_point"
  | "object"
  | "array";

/** One field. Source: RFC-017, Identity Schema. */
export interface FieldSchema {
  readonly type: FieldType;
  /** Own keys from the root of the metadata; the field's key in {@link IdentitySchema} is its dotted spelling. */
  readonly path: readonly [string, ...string[]];
  readonly required: boolean;
  /** Worth an index; `"gist"` asks for a spatial one where a backend has a choice. */
  readonly index: boolean | "gist";
  /** Longest string, in code points. */
  readonly maxLength?: number;
  /** The strings an `enum` allows. */
  readonly values?: readonly string[];
  /** Set at registration when the field is absent. */
  readonly default?: JsonValue;
  /** Set to the time of registration when the field is absent. */
  readonly auto?: "now";
  /** Type of an array's items; absent: any. */
  readonly items?: Exclude<FieldType, "enum" | "array">;
}

export interface IdentitySchema {
  /** By dotted key, in the spelling of filter keys (`"device.type"`, literal dots escaped). */
  readonly fields: Readonly<Record<string, FieldSchema>>;
  /** A field that is set from the identity when absent. */
  readonly primaryKey?: string;
  /** What becomes of fields the schema does not name. */
  readonly additional: "keep" | "refuse";
}
