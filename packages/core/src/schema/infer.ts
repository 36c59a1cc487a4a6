/** The types of metadata, from the definition of its schema. */

import type { JsonObject, JsonValue, Metadata } from "@muster/filter";
import type { IdentitySchema } from "../slots/index.ts";
import type { PlainType, SchemaDefinition } from "./definition.ts";

/** Where a compiled schema keeps the definition it was made from; also how one is recognised. */
export const DEFINITION: unique symbol = Symbol.for("muster.schema");

/** A compiled schema, of which the compiler knows the metadata. */
export interface Schema<Definition extends SchemaDefinition = SchemaDefinition> extends IdentitySchema {
  readonly [DEFINITION]: Definition;
}

/**
 * What `register` takes under a schema or a definition: a field must be there when it is `required` and nothing fills it
 * in; times are text, epoch ms or a Date. Undeclared fields pass the compiler only where the definition itself says
 * `additional: "keep"`. Without a schema: any metadata.
 */
export type InputOf<S> = InferredFrom<DefinitionOf<S>, "input">;

/**
 * What `enumerate` gives under a schema or a definition: a field is sure to be there when it is `required` or the primary
 * key (one with a mere default may have been deleted since); times are text. Without a schema: any metadata.
 */
export type MetadataOf<S> = InferredFrom<DefinitionOf<S>, "output">;

type Side = "input" | "output";

type DefinitionOf<S> = S extends { readonly [DEFINITION]: infer D } ? D : S extends SchemaDefinition ? S : never;

type InferredFrom<D, S extends Side> = [D] extends [never]
  ? Metadata
  : string extends keyof FieldsOf<D>
    ? Metadata
    : AsObject<Flat<Intersected<FieldTypes<FieldsOf<D>, PrimaryKeyOf<D>, S>> & KeyType<D, S> & Further<D, S>>>;

type FieldsOf<D> = D extends { readonly fields: infer F extends object } ? F : D;
type PrimaryKeyOf<D> = D extends { readonly primary_key: infer K }
  ? K
  : D extends { readonly primaryKey: infer K }
    ? K
    : never;

type FieldTypes<F, PrimaryKey, S extends Side> = {
  [K in keyof F & string]: At<Segments<K>, FieldType<F[K], S>, IsSure<F[K], K, PrimaryKey, S>>;
}[keyof F & string];

/** A primary key that is not declared as a field. */
type KeyType<D, S extends Side> = [Exclude<PrimaryKeyOf<D>, keyof FieldsOf<D>>] extends [infer K extends string]
  ? [K] extends [never]
    ? unknown
    : At<Segments<K>, string, S extends "output" ? true : false>
  : unknown;

type Further<D, S extends Side> = D extends { readonly fields: object; readonly additional: "keep" }
  ? S extends "input"
    ? { readonly [key: string]: unknown }
    : JsonObject
  : unknown;

type IsSure<D, K, PrimaryKey, S extends Side> = K extends PrimaryKey
  ? S extends "input"
    ? false
    : true
  : D extends { readonly required: true }
    ? S extends "output"
      ? true
      : D extends { readonly default: unknown } | { readonly auto: "now" }
        ? false
        : true
    : false;

type At<Path, Value, Sure> = Path extends readonly [infer K extends string, ...infer Rest]
  ? Rest extends readonly []
    ? Member<K, Value, Sure>
    : Member<K, At<Rest, Value, Sure>, Sure>
  : never;
type Member<K extends string, Value, Sure> = Sure extends true
  ? { readonly [P in K]: Value }
  : { readonly [P in K]?: Value };

/** A dotted key's segments; a backslash takes the next character literally. */
type Segments<K extends string> = K extends `${string}${"." | "\\"}${string}` ? Split<K, "", []> : [K];
type Split<
  K extends string,
  Segment extends string,
  Done extends readonly string[],
> = K extends `\\${infer C}${infer Rest}`
  ? Split<Rest, `${Segment}${C}`, Done>
  : K extends `.${infer Rest}`
    ? Split<Rest, "", [...Done, Segment]>
    : K extends `${infer C}${infer Rest}`
      ? Split<Rest, `${Segment}${C}`, Done>
      : [...Done, Segment];

type FieldType<D, S extends Side> = D extends string ? ShorthandType<D, S> : LongType<D, S>;

type ShorthandType<D extends string, S extends Side> = D extends `enum[${infer Values}]`
  ? Listed<Values>
  : D extends `array[${infer Item}]`
    ? readonly PlainValue<Trimmed<Item>, S>[]
    : PlainValue<D, S>;

type LongType<D, S extends Side> = D extends { readonly type: "enum"; readonly values: readonly (infer V)[] }
  ? V
  : D extends { readonly type: "array"; readonly items: infer Item }
    ? readonly PlainValue<Item, S>[]
    : D extends { readonly type: infer T }
      ? PlainValue<T, S>
      : JsonValue;

type PlainValue<T, S extends Side> = T extends PlainType
  ? PlainValues<S>[T]
  : T extends "array"
    ? readonly JsonValue[]
    : JsonValue;

interface PlainValues<S extends Side> {
  readonly string: string;
  readonly int: number;
  readonly float: number;
  readonly boolean: boolean;
  readonly timestamp: S extends "input" ? string | number | Date : string;
  readonly semver: string;
  readonly geo_point: GeoPointMetadata;
  readonly object: JsonObject;
}

/** WGS 84 degrees; further members are welcome. */
export interface GeoPointMetadata {
  readonly lat: number;
  readonly lon: number;
  readonly [key: string]: JsonValue;
}

type Listed<Values extends string> = Values extends `${infer First},${infer Rest}`
  ? Trimmed<First> | Listed<Rest>
  : Trimmed<Values>;
type Trimmed<T extends string> = T extends ` ${infer Rest}`
  ? Trimmed<Rest>
  : T extends `${infer Rest} `
    ? Trimmed<Rest>
    : T;

type Intersected<U> = (U extends unknown ? (value: U) => void : never) extends (value: infer I) => void ? I : never;
type AsObject<T> = T extends object ? T : never;

/** One object type in place of intersections, for readable messages; types with an index signature stay as they are. */
type Flat<T> = T extends Date | readonly unknown[]
  ? T
  : T extends object
    ? string extends keyof T
      ? T
      : { readonly [K in keyof T]: Flat<T[K]> }
    : T;
