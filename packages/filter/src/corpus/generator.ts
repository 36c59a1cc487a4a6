import type { FilterSchema, JsonObject, JsonValue } from "../ast.ts";
import { int, pick, type Random } from "./random.ts";

/**
 * Random documents and filters over one small vocabulary, so that filters match some and miss some, with the values on
 * which stores are known to differ. For differential tests: the same filter asked of the evaluator and of a backend.
 */

/** The schema the generated filters can be parsed with; without it they are legal too. */
export const generatorSchema: FilterSchema = { fields: { seen: { type: "timestamp" }, version: { type: "semver" } } };

const NUMBERS = [0, 1, -1, 0.1, 0.30000000000000004, 9007199254740991, 9007199254740992, 1e300, 5e-324] as const;
const TEXTS = [
  "",
  "a",
  "A",
  "ab",
  "b",
  "*",
  "%",
  "a_b",
  "a.b",
  "a\nb",
  "10",
  "é",
  "e\u0301",
  "\ufb01",
  "\u{1f600}",
  "$x",
  "null",
] as const;
const SEEN = ["2024-01-01T00:00:00.000Z", "2024-01-01T00:00:00.001Z", "2025-06-01T12:00:00.000Z"] as const;
const VERSIONS = ["1.0", "1.0.0", "1.0.0+b", "1.0.0-rc.1", "2", "10.0.0"] as const;
const PATTERNS = ["a", "^a", "^a.b$", "(?i)^A", "[0-9]+", "b$", "^$", "x|b"] as const;
const KEYS = [
  "a",
  "b",
  "o",
  "tags",
  "a\\.b",
  "\\$x",
  "o.p",
  "o.q",
  "o.q.r",
  "__proto__",
  "constructor",
  "loc",
  "nowhere",
] as const;
const TYPES = ["string", "number", "boolean", "array", "object", "null"] as const;

/** Metadata in which any field may be absent or of any type. */
export function generateDocument(random: Random): JsonObject {
  const members: [string, JsonValue][] = [];
  const maybe = (key: string, value: () => JsonValue): void => {
    if (random() < 0.7) members.push([key, value()]);
  };
  for (const key of ["a", "b", "a.b", "$x"]) maybe(key, () => value(random));
  if (random() < 0.2) members.push([pick(random, ["__proto__", "constructor"]), value(random)]);
  maybe("o", () => (random() < 0.2 ? value(random) : { p: value(random), q: { r: value(random) } }));
  maybe("tags", () => Array.from({ length: int(random, 4) }, () => value(random)));
  maybe("loc", () => (random() < 0.1 ? value(random) : { lat: int(random, 181) - 90, lon: int(random, 361) - 180 }));
  maybe("seen", () => pick(random, SEEN));
  maybe("version", () => pick(random, VERSIONS));
  return Object.fromEntries(members);
}

/** A filter in any spelling, within the limits. */
export function generateFilter(random: Random): JsonObject {
  return node(random, 3);
}

function node(random: Random, depth: number): JsonObject {
  const choice = depth === 0 ? 1 : random();
  if (choice < 0.15) return { $and: nodes(random, depth) };
  if (choice < 0.35) return { $or: nodes(random, depth) };
  if (choice < 0.5) return { $not: node(random, depth - 1) };
  return comparison(random);
}

function nodes(random: Random, depth: number): readonly JsonObject[] {
  return Array.from({ length: 1 + int(random, 2) }, () => node(random, depth - 1));
}

function comparison(random: Random): JsonObject {
  if (random() < 0.1)
    return { seen: { [`$${pick(random, ["eq", "ne", "lt", "lte", "gt", "gte"])}`]: pick(random, SEEN) } };
  if (random() < 0.1)
    return { version: { [`$${pick(random, ["eq", "ne", "lt", "lte", "gt", "gte"])}`]: pick(random, VERSIONS) } };
  const key = pick(random, KEYS);
  if (random() < 0.1) return member(key, "*");
  const [op, operand] = operation(random);
  if (random() < 0.5 && !isOperatorObject(operand)) return member(`${key}.${op}`, operand);
  const operators = { [`$${op}`]: operand };
  return member(key, random() < 0.1 ? { $not: operators } : operators);
}

function operation(random: Random): readonly [string, JsonValue] {
  switch (int(random, 8)) {
    case 0:
      return [pick(random, ["lt", "lte", "gt", "gte"]), random() < 0.5 ? pick(random, NUMBERS) : pick(random, TEXTS)];
    case 1:
      return ["in", Array.from({ length: int(random, 4) }, () => value(random))];
    case 2:
      return ["nin", Array.from({ length: 1 + int(random, 3) }, () => value(random))];
    case 3:
      return [pick(random, ["startswith", "endswith"]), pick(random, TEXTS)];
    case 4:
      return random() < 0.3 ? ["regex", pick(random, PATTERNS)] : ["contains", value(random)];
    case 5:
      return random() < 0.5 ? ["exists", random() < 0.5] : ["type", pick(random, TYPES)];
    case 6:
      return place(random);
    default:
      return [pick(random, ["eq", "ne"]), value(random)];
  }
}

function place(random: Random): readonly [string, JsonValue] {
  const lat = int(random, 181) - 90;
  const lon = int(random, 361) - 180;
  if (random() < 0.5) return ["near", { lat, lon, radiusM: int(random, 12_000) * 1_000 }];
  return ["within", { south: Math.min(lat, 0), west: lon, north: Math.max(lat, 0), east: int(random, 361) - 180 }];
}

function value(random: Random, depth = 2): JsonValue {
  switch (int(random, depth === 0 ? 4 : 6)) {
    case 0:
      return pick(random, NUMBERS);
    case 1:
    case 2:
      return pick(random, TEXTS);
    case 3:
      return pick(random, [true, false, null]);
    case 4:
      return Array.from({ length: int(random, 3) }, () => value(random, depth - 1));
    default:
      return Object.fromEntries(
        Array.from({ length: int(random, 3) }, () => [pick(random, ["p", "q", "k"]), value(random, depth - 1)]),
      );
  }
}

/** Own even for `__proto__`, which a literal would take for the prototype. */
function member(key: string, operand: JsonValue): JsonObject {
  return Object.fromEntries([[key, operand]]);
}

function isOperatorObject(operand: JsonValue): boolean {
  return typeof operand === "object" && operand !== null && Object.keys(operand).some((key) => key.startsWith("$"));
}
