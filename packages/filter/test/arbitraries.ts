import fc from "fast-check";
import { generateDocument, generateFilter, seededRandom } from "../src/corpus/index.ts";
import type { JsonObject } from "../src/index.ts";

/** Filters of the corpus generator, by seed, so that a failure names the one number that repeats it. */
export const filterSeeds: fc.Arbitrary<number> = fc.integer({ min: 0, max: 2 ** 32 - 1 });

export function filterOf(seed: number): JsonObject {
  return generateFilter(seededRandom(seed));
}

export function documentsOf(seed: number, count: number): readonly JsonObject[] {
  const random = seededRandom(seed ^ 0x5bd1e995);
  return Array.from({ length: count }, () => generateDocument(random));
}

const key = fc.oneof(
  fc.constantFrom(
    "a",
    "a.b",
    "a.lt",
    "a.in",
    "a.type",
    "$and",
    "$or",
    "$not",
    "$identity",
    "$attached",
    "$registeredAt",
    "$eq",
    "$lt",
    "$in",
    "$near",
    "loc.near",
    "__proto__",
    "constructor",
    "a\\.b",
    "\\$x",
    "metadata.exists",
    "s.regex",
    "",
  ),
  fc.string({ maxLength: 6 }),
);
const scalar = fc.oneof(
  fc.constantFrom<unknown>(
    "*",
    "",
    "a",
    null,
    true,
    0,
    -0,
    Number.NaN,
    Number.POSITIVE_INFINITY,
    undefined,
    "\ud800",
    "a\0",
    "2024-01-01T00:00:00Z",
    "1.0",
  ),
  fc.double(),
  fc.string({ maxLength: 6 }),
);

/** Anything, but shaped so much like a filter that it often gets past the first checks. */
export const nearlyFilters: fc.Arbitrary<unknown> = fc.letrec<{ value: unknown; object: unknown }>((tie) => ({
  value: fc.oneof({ depthSize: "small" }, scalar, tie("object"), fc.array(tie("value"), { maxLength: 3 })),
  object: fc.array(fc.tuple(key, tie("value")), { maxLength: 3 }).map((entries) => Object.fromEntries(entries)),
})).value;
