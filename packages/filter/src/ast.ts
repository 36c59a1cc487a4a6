/**
 * The one shape every spelling of a filter is parsed into, and every backend translates from.
 *
 * A filter is a tree of plain, frozen JSON: it can be stored, sent, hashed and compared. Leaves compare one thing with
 * one operand; `and`, `or` and `not` combine. The meaning of each operator is the evaluator's (`compile.ts`), and only
 * its: a backend that answers differently is wrong.
 *
 * Two-valued logic: a comparison on an absent field is false, `ne` and `nin` included; `not` negates the whole below it
 * and so includes the absent.
 */

export type JsonPrimitive = string | number | boolean | null;
export type JsonArray = readonly JsonValue[];
export interface JsonObject {
  readonly [key: string]: JsonValue;
}
/** Plain JSON as Muster stores it: finite numbers (−0 is 0), no NUL, no lone surrogates. */
export type JsonValue = JsonPrimitive | JsonArray | JsonObject;

/** The metadata of one identity, as a filter sees it. */
export type Metadata = JsonObject;

/** A frozen filter. `undefined`, never an empty tree, means everyone. */
export type Filter = Leaf | AndNode | OrNode | NotNode;

/** All of `nodes` hold; canonical: two or more, sorted, without duplicates, none of them an `and`. */
export interface AndNode {
  readonly op: "and";
  readonly nodes: readonly Filter[];
}

/** At least one of `nodes` holds; canonical as {@link AndNode}. */
export interface OrNode {
  readonly op: "or";
  readonly nodes: readonly Filter[];
}

/** `node` does not hold; canonical: `node` is not itself a `not`. */
export interface NotNode {
  readonly op: "not";
  readonly node: Filter;
}

/** A comparison with a field of the metadata, or with a fact about the registration. */
export type Leaf = FieldLeaf | AboutLeaf;

/** Compares the value at `path`, reached through own keys of nested objects and never into arrays. */
export interface FieldLeaf {
  readonly op: Operator;
  readonly path: readonly [string, ...string[]];
  readonly value: JsonValue;
  /** How both sides are read, from the schema; absent: as plain JSON. */
  readonly as?: "semver" | "timestamp";
}

/**
 * Compares a fact that is not part of the metadata: `$identity` (eq, in, startswith and the orders), `$attached` (eq),
 * `$registeredAt` (the orders; epoch ms, whatever the spelling was).
 */
export interface AboutLeaf {
  readonly op: Operator;
  readonly about: About;
  readonly value: JsonValue;
}

export type About = "identity" | "attached" | "registeredAt";

/** What {@link AboutLeaf}s are compared with. (A type, not an interface, so that it is a {@link JsonObject}.) */
export type Facts = {
  readonly identity: string;
  /** Epoch ms by the store's clock. */
  readonly registeredAt: number;
  /** The session that serves it lives, and messages reach it now. */
  readonly attached: boolean;
};

/** The operand each operator takes; the parser refuses any other with its path. */
export const OPERANDS = {
  eq: "any JSON value",
  ne: "any JSON value",
  lt: "a number or a string",
  lte: "a number or a string",
  gt: "a number or a string",
  gte: "a number or a string",
  in: "an array of JSON values",
  nin: "a non-empty array of JSON values",
  startswith: "a string",
  endswith: "a string",
  contains: "any JSON value",
  regex: "an RE2 pattern of at most 1,000 characters",
  exists: "a boolean",
  type: "one of string, number, boolean, array, object, null",
  near: "{ lat, lon, radiusM }",
  within: "{ south, west, north, east }",
} as const;

export type Operator = keyof typeof OPERANDS;

/** What the parser needs to know of an identity schema; core's `IdentitySchema` is one. */
export interface FilterSchema {
  /** By dotted field key, in the spelling of filter keys. */
  readonly fields: Readonly<Record<string, { readonly type: string }>>;
}
