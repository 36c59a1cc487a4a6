import type { Facts, FieldLeaf, Filter, JsonValue, Leaf, Metadata } from "../src/index.ts";

/**
 * A second evaluator, written from the rulings alone and as plainly as possible, sharing no code with the compiled one.
 */
export function reference(filter: Filter, metadata: Metadata, facts: Facts): boolean {
  if (filter.op === "and") return filter.nodes.every((node) => reference(node, metadata, facts));
  if (filter.op === "or") return filter.nodes.some((node) => reference(node, metadata, facts));
  if (filter.op === "not") return !reference(filter.node, metadata, facts);
  const found = "path" in filter ? walk(metadata, filter.path) : [facts[filter.about]];
  if (filter.op === "exists") return (found.length === 1) === filter.value;
  const [value] = found;
  return value !== undefined && leafHolds(filter, value);
}

function walk(metadata: Metadata, path: FieldLeaf["path"]): JsonValue[] {
  let value: JsonValue = metadata;
  for (const segment of path) {
    if (kind(value) !== "object") return [];
    const member: JsonValue | undefined = new Map(Object.entries(value as Metadata)).get(segment);
    if (member === undefined) return [];
    value = member;
  }
  return [value];
}

function leafHolds(leaf: Leaf, value: JsonValue): boolean {
  const isVersion = "as" in leaf && leaf.as === "semver";
  const same = (a: JsonValue, b: JsonValue): boolean => (isVersion ? versionOrder(a, b) === 0 : text(a) === text(b));
  const order = isVersion ? versionOrder(value, leaf.value) : plainOrder(value, leaf.value);
  switch (leaf.op) {
    case "eq":
      return same(value, leaf.value);
    case "ne":
      return !same(value, leaf.value);
    case "in":
      return (leaf.value as JsonValue[]).some((candidate) => same(value, candidate));
    case "nin":
      return !(leaf.value as JsonValue[]).some((candidate) => same(value, candidate));
    case "lt":
      return order < 0;
    case "lte":
      return order <= 0;
    case "gt":
      return order > 0;
    case "gte":
      return order >= 0;
    default:
      return otherHolds(leaf, value);
  }
}

function otherHolds(leaf: Leaf, value: JsonValue): boolean {
  const operand = leaf.value;
  switch (leaf.op) {
    case "startswith":
      return isText(value) && isText(operand) && value.slice(0, operand.length) === operand;
    case "endswith":
      return isText(value) && isText(operand) && value.slice(Math.max(0, value.length - operand.length)) === operand;
    case "contains":
      if (kind(value) === "array") return (value as JsonValue[]).map(text).includes(text(operand));
      return isText(value) && isText(operand) && value.indexOf(operand) >= 0;
    case "regex":
      return isText(value) && isText(operand) && regex(operand).test(value);
    case "type":
      return kind(value) === operand;
    case "near":
      return (
        isPoint(value) && greatCircle(value, operand as unknown as Point) <= (operand as { radiusM: number }).radiusM
      );
    case "within":
      return isPoint(value) && inBox(value, operand as unknown as Box);
    default:
      throw new Error(`no such leaf: ${leaf.op}`);
  }
}

/** NaN, which is in no order, where the two do not order. */
function plainOrder(a: JsonValue, b: JsonValue): number {
  if (typeof a === "number" && typeof b === "number") return a - b;
  return typeof a === "string" && typeof b === "string" ? Buffer.compare(Buffer.from(a), Buffer.from(b)) : Number.NaN;
}

function versionOrder(a: JsonValue, b: JsonValue): number {
  const pattern = /^(\d+)(?:\.(\d+))?(?:\.(\d+))?(?:-([0-9A-Za-z.-]+))?(?:\+.*)?$/;
  const [x, y] = [a, b].map((version) => (typeof version === "string" ? pattern.exec(version) : null));
  if (!x || !y) return Number.NaN;
  for (const part of [1, 2, 3]) {
    const [left, right] = [BigInt(x[part] ?? 0), BigInt(y[part] ?? 0)];
    if (left !== right) return left < right ? -1 : 1;
  }
  const [tags, others] = [x[4]?.split("."), y[4]?.split(".")];
  if (tags === undefined || others === undefined) return Number(tags === undefined) - Number(others === undefined);
  const keys = (list: string[]): string =>
    list.map((tag) => (/^\d+$/.test(tag) ? `0${tag.padStart(40, "0")}` : `1${tag}`)).join("\u0000");
  const [left, right] = [keys(tags), keys(others)];
  return left < right ? -1 : left > right ? 1 : 0;
}

/** The patterns of the tests mean the same to JavaScript, once its flags are spelled out. */
function regex(pattern: string): RegExp {
  const [, flags = "", rest = ""] = /^(?:\(\?([a-z]+)\))?([^]*)$/.exec(pattern) ?? [];
  return new RegExp(rest.replace("[[:upper:]]", "[A-Z]"), `${flags}u`);
}

interface Point {
  lat: number;
  lon: number;
}
interface Box {
  south: number;
  west: number;
  north: number;
  east: number;
}

function isPoint(value: unknown): value is Point {
  if (typeof value !== "object" || value === null || Array.isArray(value)) return false;
  const { lat, lon } = { lat: Number.NaN, lon: Number.NaN, ...value } as { lat: unknown; lon: unknown };
  return typeof lat === "number" && typeof lon === "number" && lat >= -90 && lat <= 90 && lon >= -180 && lon <= 180;
}

/** The angle between the two unit vectors, by its tangent. */
function greatCircle(a: Point, b: Point): number {
  const vector = ({ lat, lon }: Point): [number, number, number] => {
    const [phi, lambda] = [(lat * Math.PI) / 180, (lon * Math.PI) / 180];
    return [Math.cos(phi) * Math.cos(lambda), Math.cos(phi) * Math.sin(lambda), Math.sin(phi)];
  };
  const [x, y, z] = vector(a);
  const [u, v, w] = vector(b);
  const cross = Math.hypot(y * w - z * v, z * u - x * w, x * v - y * u);
  return 6_371_008.8 * Math.atan2(cross, x * u + y * v + z * w);
}

function inBox({ lat, lon }: Point, { south, west, north, east }: Box): boolean {
  const longitude = west > east ? lon >= west || lon <= east : lon >= west && lon <= east;
  return longitude && lat >= south && lat <= north;
}

function isText(value: JsonValue): value is string {
  return typeof value === "string";
}

function kind(value: JsonValue): string {
  if (value === null) return "null";
  return Array.isArray(value) ? "array" : typeof value;
}

/** JSON text with sorted keys: equal texts, equal values. */
function text(value: JsonValue): string {
  if (kind(value) === "array") return `[${(value as JsonValue[]).map(text).join()}]`;
  if (kind(value) !== "object") return JSON.stringify(value);
  const entries = Object.entries(value as Metadata).map(([key, member]) => `${JSON.stringify(key)}:${text(member)}`);
  return `{${entries.sort().join()}}`;
}
