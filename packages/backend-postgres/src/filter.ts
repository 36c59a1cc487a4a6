/**
 * Filters as SQL: what of a filter the server selects by itself, and the conditions that select it. Values travel as
 * parameters, never as text of a statement. Nothing here knows a server: the same filter gives the same answer.
 *
 * Conditions are about a row `r` of registrations and its row `m` of metadata. Their meaning is the evaluator's: a value of
 * another type, or none at all, makes a comparison false, and under a negation it must really be false, not null.
 */

import {
  boundingBox,
  type Filter,
  isObject,
  type JsonValue,
  type Leaf,
  type Path,
  regexPrefix,
  type SplitFilter,
  splitFilter,
} from "@muster/filter";
import type { Parameter } from "./client.ts";
import { jsonbArray, textArray } from "./codec.ts";
import type { IndexKind, Names } from "./keys.ts";
import { equalityLookup, identityRange, valueLookup } from "./selection/lookups.ts";
import { comparison } from "./selection/comparisons.ts";

/** Which fields have an index of that kind, so that it pays to ask it. */
export interface FieldIndexes {
  has(kind: IndexKind, path: Path): boolean;
}

export type FieldPath = readonly [string, ...string[]];

export const NO_INDEXES: FieldIndexes = { has: () => false };

/** Where places are looked for is this much wider than asked, so that rounding decides nothing. */
const WIDER = 1.01;

/**
 * What the server selects exactly, and what is left for the evaluator: patterns and versions, whose engines and order are
 * not the server's, and places, of which the server finds candidates in a box.
 */
export function split(filter: Filter): SplitFilter {
  return splitFilter(filter, pushed);
}

const ABOUT_IDENTITY: ReadonlySet<string> = new Set(["eq", "in", "startswith", "lt", "lte", "gt", "gte"]);
const ORDERS: ReadonlySet<string> = new Set(["lt", "lte", "gt", "gte"]);
const BY_VERSION: ReadonlySet<string> = new Set(["eq", "ne", "in", "nin", ...ORDERS]);

function pushed(leaf: Leaf): boolean | Filter {
  if ("about" in leaf) {
    if (leaf.about === "identity") return ABOUT_IDENTITY.has(leaf.op);
    return leaf.about === "registeredAt" && ORDERS.has(leaf.op);
  }
  if (leaf.as === "semver" && BY_VERSION.has(leaf.op)) return false;
  if (leaf.op === "regex") {
    const prefix = typeof leaf.value === "string" ? regexPrefix(leaf.value) : undefined;
    return prefix === undefined ? false : { op: "startswith", path: leaf.path, value: prefix };
  }
  if (leaf.op === "near" || leaf.op === "within") return boxOf(leaf.path, leaf.op, leaf.value);
  return true;
}

/** The members of a place between the sides of a box around what is asked for. */
function boxOf(path: FieldPath, op: "near" | "within", operand: JsonValue): Filter {
  const { lat = 0, lon = 0, radiusM = 0, south = 0, west = 0, north = 0, east = 0 } = numbersIn(operand);
  const box = op === "near" ? boundingBox({ lat, lon, radiusM: radiusM * WIDER }) : { south, west, north, east };
  const [latPath, lonPath] = [member(path, "lat"), member(path, "lon")];
  const sides: Filter[] = [
    { op: "gte", path: latPath, value: box.south },
    { op: "lte", path: latPath, value: box.north },
  ];
  if (box.west <= box.east) {
    sides.push({ op: "gte", path: lonPath, value: box.west }, { op: "lte", path: lonPath, value: box.east });
  } else {
    const beyond: Filter[] = [
      { op: "gte", path: lonPath, value: box.west },
      { op: "lte", path: lonPath, value: box.east },
    ];
    sides.push({ op: "or", nodes: beyond });
  }
  return { op: "and", nodes: sides };
}

function member([first, ...rest]: FieldPath, name: string): FieldPath {
  return [first, ...rest, name];
}

function numbersIn(operand: JsonValue): Readonly<Record<string, number>> {
  const members = isObject(operand) ? Object.entries(operand) : [];
  return Object.fromEntries(members.filter((entry): entry is [string, number] => typeof entry[1] === "number"));
}

/** Parameters of a statement, as they are found. */
export class Parameters {
  readonly values: Parameter[];
  readonly #texts = new Map<string, string>();

  constructor(values: readonly Parameter[]) {
    this.values = [...values];
  }

  /** How it stands in the statement: `$4`. */
  add(value: Parameter): string {
    return `$${this.values.push(value)}`;
  }

  json(value: JsonValue): string {
    return `${this.add(JSON.stringify(value))}::jsonb`;
  }

  /** Exactly that double, as decimal digits. */
  number(value: number): string {
    return `${this.add(String(value))}::numeric`;
  }

  /** The same text again is the same parameter. */
  text(value: string): string {
    const written = this.#texts.get(value) ?? `${this.add(value)}::text`;
    this.#texts.set(value, written);
    return written;
  }

  texts(values: readonly string[]): string {
    return `${this.add(textArray(values))}::text[]`;
  }

  jsons(values: readonly JsonValue[]): string {
    return `${this.add(jsonbArray(values.map((value) => JSON.stringify(value))))}::jsonb[]`;
  }
}

/** What conditions are written for. */
export interface Target {
  readonly names: Names;
  readonly namespace: string;
  readonly indexes: FieldIndexes;
  /** The row that is found first, by an index; the other one by its key. */
  readonly first: "registrations" | "metadata";
}

/** Whether a native part looks at metadata; otherwise it is enough to read registrations. */
export function readsMetadata(filter: Filter): boolean {
  if (filter.op === "and" || filter.op === "or") return filter.nodes.some(readsMetadata);
  return filter.op === "not" ? readsMetadata(filter.node) : "path" in filter;
}

/** The condition that selects a native part; parameters are added as it needs them. */
export function conditionOf(filter: Filter, target: Target, parameters: Parameters): string {
  return written(filter, { ...target, parameters, isNegated: false });
}

export interface Writing extends Target {
  readonly parameters: Parameters;
  /** Below a negation: no index helps, and null is not false. */
  readonly isNegated: boolean;
}

function written(filter: Filter, writing: Writing): string {
  switch (filter.op) {
    case "and":
    case "or":
      return `(${filter.nodes.map((node) => written(node, writing)).join(` ${filter.op} `)})`;
    case "not":
      return `(not ${written(filter.node, { ...writing, isNegated: true })})`;
    default:
      return leafCondition(filter, writing);
  }
}

/** The identity in the row that is found first. */
export function identityIn({ first }: Pick<Target, "first">): string {
  return first === "metadata" ? "m.identity" : "r.identity";
}

function leafCondition(leaf: Leaf, writing: Writing): string {
  const condition = comparison(leaf, writing);
  if (writing.isNegated) return `coalesce(${condition}, false)`;
  const lookups = lookupsFor(leaf, writing);
  return lookups.length === 0 ? condition : `(${[...lookups, condition].join(" and ")})`;
}

function lookupsFor(leaf: Leaf, writing: Writing): readonly string[] {
  if ("about" in leaf) return identityRange(leaf, writing);
  if (writing.first !== "metadata") return [];
  const lookups = valueLookup(leaf, writing);
  return lookups.length > 0 ? lookups : equalityLookup(leaf, writing);
}
