/** Which index a filter is answered by, as the server itself says. */

import type { FieldType, IdentitySchema, RegistryBackend } from "@muster/core/slots";
import { parseFilter } from "@muster/filter";
import { withServer } from "@muster/servers/vitest";
import type { Pool } from "pg";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { split } from "../../src/filter.ts";
import { type IndexKind, indexName } from "../../src/keys.ts";
import { collected, entry, opened, poolOf, recording, tell, until, within } from "../support.ts";

/** Of one namespace; as many more lie in another. `MUSTER_PLAN_ROWS=100000` for a night's run. */
const ROWS = Number(process.env["MUSTER_PLAN_ROWS"] ?? 20_000);
const PART = 1_000;

const FIELDS: Readonly<Record<string, FieldType>> = {
  zone: "string",
  battery: "float",
  at: "geo_point",
  tags: "array",
};
const SCHEMA: IdentitySchema = {
  fields: Object.fromEntries(
    Object.entries(FIELDS).map(([name, type]) => [name, { type, path: [name], required: false, index: true }]),
  ),
  additional: "keep",
};

const WORDS = index("text", "zone");
const NUMBERS = index("number", "battery");
const [LATITUDES, LONGITUDES] = [index("number", "at", "lat"), index("number", "at", "lon")];
const VALUES = "metadata_values";

/** Filters, and the indexes of which at least one must answer. */
const PLANS: readonly (readonly [filter: object, indexes: readonly string[]])[] = [
  [{ zone: "zone-7" }, [WORDS]],
  [{ "zone.startswith": "zone-77" }, [WORDS]],
  [{ zone: { $gte: "zone-10", $lt: "zone-11" } }, [WORDS]],
  [{ "zone.regex": "^zone-12" }, [WORDS]],
  [{ battery: 7 }, [NUMBERS]],
  [{ "battery.lt": 5 }, [NUMBERS]],
  [{ model: "m-3" }, [VALUES]],
  [{ "model.in": ["m-3", "m-4"] }, [VALUES]],
  [{ "tags.contains": "t-5" }, [VALUES]],
  [{ model: "m-3", "battery.lt": 5 }, [VALUES, NUMBERS]],
  [{ $or: [{ zone: "zone-7" }, { zone: "zone-8" }] }, [WORDS]],
  [{ "at.near": { lat: 10, lon: 10, radiusM: 20_000 } }, [LATITUDES, LONGITUDES]],
];

function index(kind: IndexKind, first: string, ...rest: readonly string[]): string {
  return indexName(kind, [first, ...rest]);
}

function metadataOf(n: number): Record<string, never> | object {
  return {
    zone: `zone-${n % 1_000}`,
    battery: n % 1_000,
    model: `m-${n % 500}`,
    tags: [`t-${n % 300}`, "all"],
    at: { lat: (n % 170) - 85, lon: (n % 350) - 175 },
    note: "x".repeat(60),
  };
}

/** Names of all indexes of a plan. */
function indexesIn(plan: unknown): readonly string[] {
  if (typeof plan !== "object" || plan === null) return [];
  const own = "Index Name" in plan ? [String(plan["Index Name"])] : [];
  return [...own, ...Object.values(plan).flatMap(indexesIn)];
}

await withServer("postgres", {}, (server) => {
  describe(`of ${ROWS} registrations`, () => {
    let pool: Pool;
    let registry: RegistryBackend;
    let sent: ReturnType<typeof recording>["sent"];

    beforeAll(async () => {
      pool = poolOf(server);
      const recorded = recording(pool);
      sent = recorded.sent;
      registry = await opened({ pool: recorded }, { schema: SCHEMA });
      await using other = await opened({ pool });
      for (const one of [registry, other]) {
        for (let from = 0; from < ROWS; from += PART) {
          const entries = Array.from(
            { length: PART },
            (_, n) => entry(`id-${String(from + n).padStart(7, "0")}`, { metadata: metadataOf(from + n) as never }), // It is JSON.
          );
          await one.setMany(entries, within(30_000));
        }
      }
      // The primary key, that of all values, and five of fields.
      await until(async () => (await indexesBuilt()) === 7);
      await tell(server, "vacuum analyze muster.metadata");
      await tell(server, "vacuum analyze muster.registrations");
    }, 300_000);

    async function indexesBuilt(): Promise<number> {
      const text = "select count(*) from pg_index where indisvalid and indrelid = 'muster.metadata'::regclass";
      const [row] = await tell(server, text);
      return Number(row?.[0]);
    }

    afterAll(async () => {
      await registry.close();
      await pool.end();
    });

    test.each(PLANS)("%j is found by an index", async (input, indexes) => {
      const { native } = split(parseFilter(input));
      sent.length = 0;
      const found = await collected(
        registry.scan({ pageSize: 1_000, ...(native && { filter: native }) }, within(10_000)),
      );
      expect(found.length).toBeGreaterThan(0);
      const [{ text, values } = { text: "", values: [] }] = sent;
      const plan = await tell(server, `explain (format json) ${text}`, values);
      expect(indexesIn(plan).filter((name) => indexes.includes(name))).not.toEqual([]);
    });

    test("who comes next is found by the key, for routes as for records", async () => {
      sent.length = 0;
      for await (const _ of registry.scanRoutes({ pageSize: 100, after: "id-0000100" }, within(10_000))) break;
      for await (const _ of registry.scan({ pageSize: 100, after: "id-0000100" }, within(10_000))) break;
      for (const { text, values } of sent) {
        const names = new Set(indexesIn(await tell(server, `explain (format json) ${text}`, values)));
        expect(names).toContain("registrations_pkey");
        expect(names).not.toContain("metadata_values");
      }
      expect(sent.map(({ text }) => text.includes("metadata"))).toEqual([false, true]);
    });
  });
});
