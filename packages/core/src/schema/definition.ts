/** What people write to declare the metadata of identities. Source: RFC-017, Identity Schema. */

import type { JsonValue } from "@muster/filter";
import type { FieldType } from "../slots/index.ts";

/** Types that need nothing beside their name, and that an array may consist of. */
export type PlainType = Exclude<FieldType, "enum" | "array">;

/** A field in one word: `"string"`, `"enum[online, offline]"`, `"array[string]"`. It is optional and has no default. */
export type FieldShorthand = PlainType | "array" | `array[${string}]` | `enum[${string}]`;

/** One field. Members of several words are read in the RFC's spelling (`max_length`) and in camelCase, never both. */
export interface FieldDefinition {
  readonly type: FieldType;
  /** Refuses metadata without it. Default false. */
  readonly required?: boolean;
  /** Set at registration when the field is absent. */
  readonly default?: JsonValue | Date;
  /** Set to the time of registration when the field is absent; only for `timestamp`. */
  readonly auto?: "now";
  /** Worth an index; `"gist"` asks for a spatial one and is only for `geo_point`. Default false. */
  readonly index?: boolean | "gist";
  /** Longest text in code points; only for `string`. */
  readonly max_length?: number;
  readonly maxLength?: number;
  /** What an `enum` allows; required there, and only there. */
  readonly values?: readonly string[];
  /** What an `array` consists of; only there. Default: anything. */
  readonly items?: PlainType;
}

export interface LongDefinition {
  /** By dotted key, as in filters: `"device.type"` is a field of the object `device`; literal dots are `\\.`. */
  readonly fields: { readonly [key: string]: FieldShorthand | FieldDefinition };
  /** The field that is set from the identity where it is absent. Declared as a `string`, or not at all. */
  readonly primary_key?: string;
  readonly primaryKey?: string;
  /** What becomes of fields that are not declared. Default `keep`. */
  readonly additional?: "keep" | "refuse";
}

/** Fields by dotted key and nothing else; told from the long form by having no `fields` that is an object. */
export interface ShortDefinition {
  readonly [key: string]: FieldShorthand;
}

export type SchemaDefinition = LongDefinition | ShortDefinition;
