/** Which index a filter is answered by, as SQLite itself says. */

import { parseFilter, splitForComparisons } from "@muster/filter";
import { entry } from "@muster/testing";
import { beforeAll, describe, expect, test } from "vitest";
import { columnsOf } from "../../src/codec.ts";
import { indexName } from "../../src/keys.ts";
import { makeIndexes } from "../../src/registrations/indexes.ts";
import { narrowestIndex } from "../../src/registrations/probing.ts";
import { type PageArgs, pageStatement } from "../../src/registrations/reading.ts";
import { setMany } from "../../src/registrations/set-many.ts";
import { factAt } from "../../src/selection/comparisons.ts";
import type { Store } from "../../src/store/store.ts";
import { freshStore } from "../store/support.ts";

const ROWS = 20_000;

/** Filters, and the field whose index answers them; none: identities in their order. */
const FILTERS: readonly (readonly [filter: object, field: string | undefined])[] = [
  [{ name: "name-77" }, "name"],
  [{ status: "offline" }, "status"],
  [{ "status.in": ["offline", "lost"] }, "status"],
  [{ "battery.lt": 0.001 }, "battery"],
  [{ battery: { $gte: 0.999 } }, "battery"],
  [{ "name.startswith": "name-1234" }, "name"],
  [{ "name.regex": "^name-1234[05]$" }, "name"],
  [{ status: "online", "battery.lt": 0.001 }, "battery"],
  [{ status: "offline", other: 1 }, "status"],
  [{ "battery.gt": 0.001 }, undefined],
  [{ "name.endswith": "7" }, undefined],
  [{ other: 1 }, undefined],
];

let store: Store;

beforeAll(() => {
  store = freshStore();
  makeIndexes(store, { paths: [["status"], ["battery"], ["name"]] });
  const entries = Array.from({ length: ROWS }, (_, i) => {
    const status = i % 100 === 0 ? "offline" : "online";
    const metadata = { status, battery: i / ROWS, name: `name-${i}`, other: i % 10 };
    return entry(`sensor-${i}`, { metadata, session: `s-${i % 50}` });
  });
  const drafts = columnsOf(entries);
  for (const namespace of ["fleet", "others"]) setMany(store, { namespace, maxIdentities: undefined, drafts });
  return () => store.close();
});

function planOf(changes: Partial<PageArgs>, index?: string): string {
  const args = { namespace: "fleet", after: "", limit: 1_000, filter: undefined, session: undefined } as const;
  const { text, values } = pageStatement({ ...args, columns: "route", ...changes }, { now: Date.now(), index });
  return store
    .all(`explain query plan ${text}`, values)
    .map((row) => row[3])
    .join("; ");
}

describe("with fields indexed", () => {
  test.each(FILTERS)("%j is found by the index of %s", (input, field) => {
    const { native } = splitNative(input);
    const index = narrowestIndex(store, "fleet", native);
    expect(index).toBe(field === undefined ? undefined : indexName(factAt([field], "")));
    expect(planOf({ filter: native }, index)).toContain(
      `SEARCH m USING ${index === undefined ? "" : `INDEX ${index}`}`,
    );
  });
});

function splitNative(input: object): { readonly native: NonNullable<PageArgs["filter"]> } {
  const { native } = splitForComparisons(parseFilter(input));
  if (native === undefined) throw new Error("it has no native part");
  return { native };
}

test("pages of everyone go along the order of identities, without sorting", () => {
  expect(planOf({})).toBe("SEARCH r USING PRIMARY KEY (namespace=? AND identity>?)");
});

test("what one session serves is found by it, without sorting", () => {
  const plan = planOf({ session: "s-7" });
  expect(plan).toContain("muster_registrations_served");
  expect(plan).not.toContain("TEMP B-TREE");
});

test("a stretch of identities is a stretch of the order", () => {
  const filter = parseFilter({ $identity: { $startswith: "sensor-12" } });
  expect(planOf({ filter })).toContain("PRIMARY KEY (namespace=? AND identity>? AND identity<?)");
});
