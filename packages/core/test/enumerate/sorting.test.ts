import type { JsonValue, Metadata } from "@muster/filter";
import fc from "fast-check";
import { expect, test } from "vitest";
import { MusterError } from "../../src/slots/index.ts";
import { interposed } from "../support/interposed.ts";
import { allPages, identitiesOf, list, SORTERS, worldOf } from "../support/listing.ts";

test.each(SORTERS)("pages sorted by %s are what sorting everything and cutting would give", async (_, options) => {
  const value = fc.option(fc.constantFrom<JsonValue>(null, false, true, 0, 1, 2.5, "", "a", "ﬁ", "😀", {}, [1]), {
    nil: undefined,
  });
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.tuple(value, value), { maxLength: 30 }),
      fc.constantFrom(["v"], ["v desc"], ["v", "w desc"], ["w desc", "v"], ["metadata.v desc"]),
      fc.integer({ min: 1, max: 10 }),
      async (rows, sortBy, limit) => {
        const metadata = rows.map(([v, w]) => ({
          ...(v === undefined ? {} : { v }),
          ...(w === undefined ? {} : { w }),
        }));
        const world = await worldOf(Object.fromEntries(metadata.map((one, index) => [`i${index}`, one])), options);
        const pages = await allPages(world, null, { sortBy, limit });
        expect(identitiesOf(pages)).toEqual(naivelySorted(metadata, sortBy));
      },
    ),
    { numRuns: 60 },
  );
});

test("a registry that sorts is asked for one page, and reads nobody else's record; core reads them where a part of the filter is left to it", async () => {
  const asked: string[] = [];
  const world = await worldOf(Object.fromEntries(["a", "b", "c", "d"].map((name, n) => [name, { n, v: `1.${n}` }])), {
    registry: (plain) =>
      interposed(plain, {
        scan: (original) => (query, call) => {
          asked.push("scan");
          return original(query, call);
        },
        sorts: (original) =>
          original && {
            first: async (query, call) => {
              asked.push(`first ${query.limit}`);
              return original.first(query, call);
            },
          },
      }),
  });
  const options = { sortBy: ["n desc"], limit: 2, offset: 1 };
  expect(identitiesOf([await list(world, { "n.lt": 3 }, options)])).toEqual(["b", "a"]);
  expect(asked).toEqual(["first 4"]);
  expect(identitiesOf([await list(world, { $attached: false }, options)])).toEqual(["c", "b"]);
  expect(asked).toEqual(["first 4", "scan"]);
});

test("a registry that fails for a moment while it sorts is asked again", async () => {
  let failures = 1;
  const world = await worldOf(
    { a: { v: 1 }, b: { v: 0 } },
    {
      registry: (plain) =>
        interposed(plain, {
          sorts: (original) =>
            original && {
              first: async (query, call) => {
                failures -= 1;
                if (failures >= 0) throw new MusterError({ code: "UNAVAILABLE", source: "test", message: "away" });
                return original.first(query, call);
              },
            },
        }),
    },
  );
  expect(identitiesOf([await list(world, null, { sortBy: ["v"] })])).toEqual(["b", "a"]);
});

/** By the words of the ruling, and by none of the code under test. */
function naivelySorted(metadata: readonly Metadata[], sortBy: readonly string[]): readonly string[] {
  const kind = (value: JsonValue | undefined): number => {
    if (value === null) return 0;
    if (typeof value === "object") return 5;
    return { boolean: value === true ? 2 : 1, number: 3, string: 4 }[typeof value as "boolean" | "number" | "string"];
  };
  const bytes = (a: string, b: string): number => Buffer.compare(Buffer.from(a), Buffer.from(b));
  const compare = (a: JsonValue, b: JsonValue): number => {
    if (typeof a === "number" && typeof b === "number") return a - b;
    if (typeof a === "string" && typeof b === "string") return bytes(a, b);
    return kind(a) - kind(b);
  };
  return metadata
    .map((one, index) => ({ one, identity: `i${index}` }))
    .toSorted((a, b) => {
      for (const criterion of sortBy) {
        const [field = ""] = criterion.replace("metadata.", "").split(" ");
        const [x, y] = [a.one[field], b.one[field]];
        if ((x === undefined) !== (y === undefined)) return x === undefined ? 1 : -1;
        const order = x === undefined || y === undefined ? 0 : compare(x, y);
        if (order !== 0) return criterion.endsWith(" desc") ? -order : order;
      }
      return bytes(a.identity, b.identity);
    })
    .map(({ identity }) => identity);
}
