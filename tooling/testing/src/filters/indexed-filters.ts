/**
 * More than the conformance kit asks: every field that a filter is about has an index. On a store of the test's own, for
 * indexes may be all namespaces' and stay.
 */

import type { Call, IdentitySchema } from "@muster/core/slots";
import { type Filter, parseFilter } from "@muster/filter";
import { corpus, generateDocument, generateFilter, generatorSchema, seededRandom } from "@muster/filter/corpus";
import { describe, expect, test } from "vitest";
import { evaluated, selected } from "./asking.ts";
import type { Fill } from "./filling.ts";
import { pathsOf, schemaIndexing } from "./schemas.ts";

/** Thousands more for a night's run; the seed chooses others. */
const FILTERS = Number(process.env["MUSTER_FILTERS"] ?? 1_000);
export const SEED: number = Number(process.env["MUSTER_SEED"] ?? 4_711);

const CALL: Call = { signal: new AbortController().signal };
const DOUBLES = [
  0,
  5e-324,
  2.2250738585072014e-308,
  0.1 + 0.2,
  0.3,
  1e21,
  2 ** 53 - 1,
  2 ** 53,
  2 ** 53 + 2,
  1e308,
  1.7976931348623157e308,
];
/** No numbers, whatever they say. */
const NUMERALS = ["1e-400", "1e400", "0.1", "NaN", "Infinity", "9007199254740993"];

/** Defines the tests. */
export function describeIndexedFilters(fill: Fill): void {
  describe("the corpus, with every field indexed", () => {
    const groups = corpus.filter(({ evaluatorOnly }) => evaluatorOnly !== true);
    test.each(groups.map((group) => [group.id, group] as const))("%s", async (_, { documents, cases }) => {
      const parsed = cases.flatMap(({ id, filter, schema, matches }) =>
        matches === undefined ? [] : [{ id, matches, filter: parseFilter(filter, { schema }) }],
      );
      await using registry = await fill(documents, everyPath(parsed.map(({ filter }) => filter)));
      for (const { id, matches, filter } of parsed) {
        const found = await selected(registry, filter);
        expect({ id, found: found.toSorted() }).toEqual({ id, found: matches.toSorted() });
      }
    });
  });

  test("doubles at their edges come back, and are found, to the last bit", async () => {
    const doubles = DOUBLES.flatMap((double) => [double, -double]).map((double) => double + 0); // There is no -0 in JSON.
    const documents = [...doubles, ...NUMERALS].map((n, i) => ({ id: `n-${i}`, metadata: { n } }));
    await using registry = await fill(documents, schemaIndexing([[["n"], "float"]]));
    for (const { id, metadata } of documents) {
      const [one] = await registry.getMany([id], CALL);
      expect(one?.metadata).toEqual(metadata);
      for (const op of ["eq", "lt", "lte", "gt", "gte", "ne"] as const) {
        const filter: Filter = { op, path: ["n"], value: metadata.n };
        expect(await selected(registry, filter)).toEqual(evaluated(documents, filter));
      }
    }
  });

  test(`${FILTERS} generated filters of seed ${SEED} select whom the evaluator selects`, {
    timeout: 60_000 + 30 * FILTERS,
  }, async () => {
    const random = seededRandom(SEED);
    const documents = Array.from({ length: 400 }, (_, i) => ({ id: `id-${i}`, metadata: generateDocument(random) }));
    const filters = Array.from({ length: FILTERS }, (_, i) =>
      parseFilter(generateFilter(random), i % 2 === 0 ? { schema: generatorSchema } : {}),
    );
    await using registry = await fill(documents, everyPath(filters));
    for (const [index, filter] of filters.entries()) {
      const found = await selected(registry, filter);
      expect({ index, filter, found }).toEqual({ index, filter, found: evaluated(documents, filter) });
    }
  });
}

/** A schema that marks every field of the filters, also as a place. */
function everyPath(filters: readonly Filter[]): IdentitySchema {
  const paths = new Map(filters.flatMap(pathsOf).map((path) => [JSON.stringify(path), path]));
  return schemaIndexing(
    [...paths.values()].flatMap((path) => [[path, "string"] as const, [path, "geo_point", "gist"] as const]),
  );
}
