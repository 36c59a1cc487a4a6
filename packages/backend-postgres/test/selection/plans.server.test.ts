/** Which index a filter is answered by, as the server itself says. */

import type { FieldType, IdentitySchema, RegistryBackend } from "@muster/core/slots";
import { parseFilter, splitForComparisons as split } from "@muster/filter";
import type { Server } from "@muster/servers";
import { withServer } from "@muster/servers/vitest";
import { collected, freshNamespace, until, within } from "@muster/testing";
import type { Pool } from "pg";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type IndexKind, indexName } from "../../src/keys.ts";
import { opened, poolOf, recording, type Sent, tell } from "../support.ts";

/** Of one namespace; a tenth as many lie in another. `MUSTER_PLAN_ROWS=1000000` for a night's run. */
const ROWS = Number(process.env["MUSTER_PLAN_ROWS"] ?? 100_000);

const FIELDS: Readonly<Record<string, FieldType>> = {
  zone: "string",
  kind: "enum",
  since: "timestamp",
  battery: "float",
  slot: "int",
  at: "geo_point",
  spot: "geo_point",
  tags: "array",
};
const SCHEMA: IdentitySchema = {
  fields: Object.fromEntries(
    Object.entries(FIELDS).map(([name, type]) => [
      name,
      { type, path: [name], required: false, index: name === "spot" ? "gist" : true },
    ]),
  ),
  additional: "keep",
};
/** The primary key, that of all values, and one of each field; two of a place. */
const INDEXES = 2 + Object.keys(FIELDS).length + 1;

const [ZONES, KINDS, SINCE] = [index("text", "zone"), index("text", "kind"), index("text", "since")];
const [BATTERIES, SLOTS] = [index("number", "battery"), index("number", "slot")];
const [LATITUDES, LONGITUDES] = [index("number", "at", "lat"), index("number", "at", "lon")];
const SPOTS = index("place", "spot");
const VALUES = "metadata_values";
const KEYS = ["registrations_pkey", "metadata_pkey"];

/** Filters of each operator that the server selects by, and the indexes of which at least one must answer. */
const PLANS: readonly (readonly [filter: object, indexes: readonly string[]])[] = [
  [{ zone: "zone-7" }, [ZONES]],
  [{ kind: "kind-3" }, [KINDS]],
  [{ since: "2026-01-01T00:00:07.000Z" }, [SINCE]],
  [{ "since.lt": "2026-01-01T00:00:03.000Z" }, [SINCE]],
  [{ "since.gte": "2026-01-01T00:16:30.000Z" }, [SINCE]],
  [{ "zone.startswith": "zone-77" }, [ZONES]],
  [{ zone: { $gte: "zone-10", $lt: "zone-11" } }, [ZONES]],
  [{ zone: { $gt: "zone-10", $lte: "zone-11" } }, [ZONES]],
  [{ "zone.regex": "^zone-12" }, [ZONES]],
  [{ "zone.in": ["zone-7", "zone-8"] }, [VALUES]],
  [{ battery: 7 }, [BATTERIES]],
  [{ "battery.lt": 5 }, [BATTERIES]],
  [{ "battery.lte": 5 }, [BATTERIES]],
  [{ "battery.gt": 995 }, [BATTERIES]],
  [{ "battery.gte": 995 }, [BATTERIES]],
  [{ "battery.in": [1, 2, 3] }, [VALUES]],
  [{ slot: { $gte: 10, $lt: 12 } }, [SLOTS]],
  [{ model: "m-3" }, [VALUES]],
  [{ "model.in": ["m-3", "m-4"] }, [VALUES]],
  [{ "deep.er": 7 }, [VALUES]],
  [{ spare: true }, [VALUES]],
  [{ gone: null }, [VALUES]],
  [{ "tags.contains": "t-5" }, [VALUES]],
  [{ model: "m-3", "battery.lt": 5 }, [VALUES, BATTERIES]],
  [{ $or: [{ zone: "zone-7" }, { zone: "zone-8" }] }, [ZONES]],
  [{ $or: [{ zone: "zone-7" }, { battery: 3 }] }, [ZONES]],
  [{ "at.near": { lat: 10, lon: 10, radiusM: 20_000 } }, [LATITUDES, LONGITUDES]],
  [{ "at.within": { south: 9.5, north: 10.5, west: 5, east: 15 } }, [LATITUDES, LONGITUDES]],
  [{ "spot.near": { lat: 10, lon: 10, radiusM: 20_000 } }, [SPOTS]],
  [{ "spot.within": { south: 9.5, north: 10.5, west: 5, east: 15 } }, [SPOTS]],
  [{ "spot.within": { south: 9.5, north: 10.5, west: 170, east: -170 } }, [SPOTS]],
  [{ "spot.near": { lat: 10, lon: 10, radiusM: 20_000 }, "battery.gte": 0 }, [SPOTS]],
  [{ $identity: "id-0000007" }, KEYS],
  [{ "$identity.in": ["id-0000007", "id-0000008"] }, KEYS],
  [{ $identity: { $startswith: "id-000001" } }, KEYS],
  [{ $identity: { $gte: "id-0000100", $lt: "id-0000110" } }, KEYS],
];

/** What no plan may do: read all there is. */
const WHOLE = ["Seq Scan", "Parallel Seq Scan"];

function index(kind: IndexKind, first: string, ...rest: readonly string[]): string {
  return indexName(kind, [first, ...rest]);
}

/** Of the row `n`. */
const METADATA = `jsonb_build_object(
  'zone', 'zone-' || n % 1000, 'kind', 'kind-' || n % 200, 'battery', n % 1000, 'slot', n % 5000, 'model', 'm-' || n % 500,
  'since', to_char(timestamp '2026-01-01' + (n % 1000) * interval '1 second', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"'),
  'tags', jsonb_build_array('t-' || n % 300, 'all'), 'deep', jsonb_build_object('er', n % 900),
  'at', jsonb_build_object('lat', n % 170 - 85, 'lon', n % 350 - 175),
  'spot', jsonb_build_object('lat', n % 170 - 85, 'lon', n % 350 - 175), 'note', repeat('x', 60)
) || case when n % 700 = 0 then '{"spare": true, "gone": null}'::jsonb else '{}' end`;

/** As if they had been registered one after the other. */
async function fill(server: Server, namespace: string, rows: number): Promise<void> {
  await tell(
    server,
    `insert into muster.registrations
      select $1, 'id-' || lpad(n::text, 7, '0'), n + 1, 1, 0, null, null, null, false, null, '', null, null
      from generate_series(0, $2 - 1) n`,
    [namespace, rows],
  );
  await tell(
    server,
    `insert into muster.metadata select $1, 'id-' || lpad(n::text, 7, '0'), ${METADATA} from generate_series(0, $2 - 1) n`,
    [namespace, rows],
  );
}

/** What the members of that name are in a plan and all below it. */
function membersIn(plan: unknown, member: string): readonly string[] {
  if (typeof plan !== "object" || plan === null) return [];
  const own = Object.entries(plan).flatMap(([name, value]) => (name === member ? [String(value)] : []));
  return [...own, ...Object.values(plan).flatMap((below) => membersIn(below, member))];
}

await withServer("postgres", {}, (server) => {
  describe(`of ${ROWS} registrations`, () => {
    let pool: Pool;
    let registry: RegistryBackend;
    let sent: Sent[];

    beforeAll(async () => {
      pool = poolOf(server);
      const recorded = recording(pool);
      sent = recorded.sent;
      const namespace = freshNamespace();
      await (await opened({ pool })).close(); // Makes the tables.
      await fill(server, namespace, ROWS);
      await fill(server, freshNamespace(), ROWS / 10);
      registry = await opened({ pool: recorded }, { namespace, schema: SCHEMA });
      const text = "select count(*) from pg_index where indisvalid and indrelid = 'muster.metadata'::regclass";
      await until(async () => Number((await tell(server, text))[0]?.[0]) === INDEXES, 60_000 + ROWS);
      await tell(server, "vacuum analyze muster.metadata");
      await tell(server, "vacuum analyze muster.registrations");
    }, 120_000 + ROWS);

    afterAll(async () => {
      await registry.close();
      await pool.end();
    });

    const planOf = async ({ text, values }: Sent = { text: "", values: [] }): Promise<unknown> =>
      tell(server, `explain (format json) ${text}`, values);

    /** As many it reads. */
    async function blocksOf({ text, values }: Sent): Promise<number> {
      const plan = await tell(server, `explain (analyze, buffers, format json) ${text}`, values);
      const [hit = Number.NaN] = membersIn(plan, "Shared Hit Blocks").map(Number);
      const [read = Number.NaN] = membersIn(plan, "Shared Read Blocks").map(Number);
      return hit + read;
    }

    async function expectIndexed(indexes: readonly string[]): Promise<void> {
      const plan = await planOf(sent[0]);
      expect(membersIn(plan, "Index Name").filter((name) => indexes.includes(name))).not.toEqual([]);
      expect(membersIn(plan, "Node Type").filter((type) => WHOLE.includes(type))).toEqual([]);
    }

    test.each(PLANS)("%j is found by an index", async (input, indexes) => {
      const { native } = split(parseFilter(input));
      sent.length = 0;
      const query = { pageSize: 1_000, ...(native && { filter: native }) };
      for await (const page of registry.scan(query, within(10_000))) {
        expect(page.length).toBeGreaterThan(0);
        break;
      }
      await expectIndexed(indexes);
    });

    test.each(PLANS)("%j is counted by an index", async (input, indexes) => {
      const { native } = split(parseFilter(input));
      sent.length = 0;
      expect(await registry.counts?.count(native, within(10_000))).toBeGreaterThan(0);
      await expectIndexed(indexes);
    });

    test("the first page of an equality is read in the order of its index, and sorts nothing", async () => {
      sent.length = 0;
      const filter = parseFilter({ zone: "zone-7" });
      await collected(registry.scan({ pageSize: 10, filter }, within(10_000)));
      expect(membersIn(await planOf(sent[0]), "Node Type").filter((type) => type.includes("Sort"))).toEqual([]);
    });

    test("whoever only asks whether most have expired reads those that have", async () => {
      sent.length = 0;
      await registry.census(within(10_000), { minExpired: 20 });
      await registry.census(within(10_000));
      const blocks = await Promise.all(sent.map(blocksOf));
      expect(blocks).toEqual([expect.toSatisfy((few) => few < 100), expect.toSatisfy((all) => all > ROWS / 1_000)]);
    });

    test("a page costs what it holds, for routes as for records, whatever the server knows of the table", async () => {
      sent.length = 0;
      for await (const _ of registry.scanRoutes({ pageSize: 100, after: "id-0000100" }, within(10_000))) break;
      for await (const _ of registry.scan({ pageSize: 100, after: "id-0000100" }, within(10_000))) break;
      for (const one of sent) expect(await blocksOf(one)).toBeLessThan(1_000);
      expect(sent.map(({ text }) => text.includes("metadata"))).toEqual([false, true]);
    });
  });
});
