import type { RegistryBackend, Scope } from "@muster/core/slots";
import { parseFilter, splitForComparisons as split } from "@muster/filter";
import { withServer } from "@muster/servers/vitest";
import {
  describeHostileTexts,
  describeIndexedFilters,
  evaluated,
  filling,
  schemaIndexing,
  SEED,
  selected,
  sensors,
} from "@muster/testing/filters";
import { beforeAll, describe, expect, test } from "vitest";
import { conditionOf, readsMetadata } from "../src/filter.ts";
import { type IndexKind, namesIn } from "../src/keys.ts";
import { Parameters } from "../src/selection/parameters.ts";
import type { FieldIndexes } from "../src/selection/writing.ts";
import { optionsOf } from "./standalone.ts";
import { opened } from "./support.ts";

const NAMES = namesIn("muster");
const STATEMENT = "'; drop schema muster cascade; --";

/** Filters whose native part is written down in `native-queries.sql`, and executed. */
const FILTERS_WRITTEN: readonly object[] = [
  { status: "online" },
  { status: null },
  { status: { $eq: { a: 1 } } },
  { "status.ne": "online" },
  { battery: 0.1 },
  { other: 1 },
  { "battery.lt": 0.2 },
  { "battery.gte": 1e-7 },
  { "status.gt": "off" },
  { "other.lte": "x" },
  { "status.in": ["online", 1, null] },
  { "status.in": ["online", { a: 1 }] },
  { "status.in": [] },
  { "status.nin": ["online", "away"] },
  { "status.startswith": "on" },
  { "other.startswith": "on" },
  { "status.startswith": "" },
  { "status.endswith": "e" },
  { "status.contains": "n" },
  { "other.contains": "n" },
  { "tags.contains": "a" },
  { "tags.contains": 1 },
  { "tags.contains": { a: 1 } },
  { "status.exists": true },
  { "status.exists": false },
  { "status.type": "number" },
  { "status.regex": "^on.*e$" },
  { "status.regex": "line" },
  { $attached: true },
  { "$registeredAt.gt": 0 },
  { $identity: "sensor-7" },
  { "$identity.in": ["sensor-7", "a0"] },
  { $identity: { $startswith: "sensor-1" } },
  { $identity: { $gt: "a", $lte: "sensor-3" } },
  { status: "online", battery: { $gte: 0.5, $lt: 1 } },
  { $or: [{ status: "online" }, { "battery.gt": 1 }] },
  { $or: [{ status: "online" }, { "status.regex": "^a" }] },
  { $not: { status: "online" } },
  { $not: { $or: [{ "battery.lt": 1 }, { "status.contains": "n" }] } },
  { "at.near": { lat: 0.1, lon: 0.1, radiusM: 1_000 } },
  { "at.near": { lat: 50, lon: 180, radiusM: 1_000 } },
  { "at.within": { south: 40, north: 60, west: 170, east: -170 } },
  { "spot.near": { lat: 0.1, lon: 0.1, radiusM: 1_000 }, battery: 0.1 },
  { "spot.within": { south: 40, north: 60, west: 170, east: -170 } },
  { $not: { "spot.lat.gte": 40, "spot.lat.lte": 60, "spot.lon.gte": 0, "spot.lon.lte": 5 } },
  { "spot.lat.gte": 40, "spot.lat.lte": 91, "spot.lon.gte": 0, "spot.lon.lte": 5 },
  { 'it\'s "quoted"': STATEMENT },
];

const FIELDS: Readonly<Record<IndexKind, readonly string[]>> = {
  number: ["battery"],
  text: ["status", "tags"],
  place: ["spot"],
};
const INDEXED: FieldIndexes = {
  has: (kind, path) => FIELDS[kind].includes(path.join(".")),
};

function writtenDown(input: object): string {
  const { native, residual } = split(parseFilter(input));
  const lines = [`-- ${JSON.stringify(input)}`];
  if (native !== undefined) {
    const parameters = new Parameters(["iot"]);
    const first = readsMetadata(native) ? "metadata" : "registrations";
    lines.push(conditionOf(native, { names: NAMES, namespace: "iot", indexes: INDEXED, first }, parameters));
    lines.push(`--   ${parameters.values.slice(1).map(shown).join(", ")}`);
  }
  if (residual !== undefined) lines.push(`--   and the evaluator: ${JSON.stringify(residual)}`);
  return `${lines.join("\n")}\n`;
}

/** An array's elements begin behind its head. */
function shown(value: unknown): string {
  if (!Buffer.isBuffer(value)) return String(value);
  return `array [${value
    .subarray(20)
    .toString("latin1")
    .replaceAll(/[^ -~]+/g, " ")
    .trim()}]`;
}

test("native queries are the ones that are written down", async () => {
  await expect(FILTERS_WRITTEN.map(writtenDown).join("\n")).toMatchFileSnapshot("./native-queries.sql");
});

test("versions are left to the evaluator, but for their text", () => {
  const schema = { fields: { firmware: { type: "semver" } } };
  for (const [key, operand] of Object.entries({ eq: "1.0", lt: "2.0", gte: "2.0", in: ["1.0"] })) {
    expect(split(parseFilter({ [`firmware.${key}`]: operand }, { schema })).native).toBeUndefined();
  }
  expect(split(parseFilter({ "firmware.startswith": "1." }, { schema })).residual).toBeUndefined();
});

await withServer("postgres", {}, (server) => {
  const open = async (scope: Partial<Scope>): Promise<RegistryBackend> => opened(optionsOf(server), scope);
  const fill = filling(open);

  describe.each([true, "gist"] as const)("native queries, executed, with places indexed: %j", (places) => {
    const documents = sensors(SEED, STATEMENT);
    let registry: RegistryBackend;
    beforeAll(async () => {
      const fields = [
        [["status"], "string"],
        [["battery"], "float"],
        [["tags"], "array"],
        [["at"], "geo_point", places],
        [["spot"], "geo_point", places],
      ] as const;
      registry = await fill(documents, schemaIndexing(fields));
      return async () => registry.close();
    });

    test.each(FILTERS_WRITTEN)("%j", async (input) => {
      const filter = parseFilter(input);
      expect(await selected(registry, filter)).toEqual(evaluated(documents, filter));
    });
  });

  describeIndexedFilters(fill);
  describeHostileTexts(open, [STATEMENT, "\\'; select pg_sleep(10); --", "$$; drop schema muster cascade; $$"]);
});
