import type { RegistryBackend, Scope } from "@muster/core/slots";
import { parseFilter, splitForComparisons as split } from "@muster/filter";
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
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { conditionOf } from "../src/filter.ts";
import { sqliteFile } from "../src/index.ts";
import { Parameters } from "../src/selection/parameters.ts";
import { freshFolder, opened } from "./support.ts";

const STATEMENT = "'; drop table muster_registrations; --";

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
  { status: { $in: [{ b: [1, "x"], a: null }] } },
  { 'a.b\\.c."d" é': 1 },
  { status: "online", battery: { $gte: 0.5, $lt: 1 } },
  { $or: [{ status: "online" }, { "battery.gt": 1 }] },
  { $or: [{ status: "online" }, { "status.regex": "^a" }] },
  { $not: { status: "online" } },
  { $not: { $or: [{ "battery.lt": 1 }, { "status.contains": "n" }] } },
  { "at.near": { lat: 0.1, lon: 0.1, radiusM: 1_000 } },
  { "at.near": { lat: 50, lon: 180, radiusM: 1_000 } },
  { "at.within": { south: 40, north: 60, west: 170, east: -170 } },
  { 'it\'s "quoted"': STATEMENT },
];

function writtenDown(input: object): string {
  const { native, residual } = split(parseFilter(input));
  const lines = [`-- ${JSON.stringify(input)}`];
  if (native !== undefined) {
    const parameters = new Parameters();
    lines.push(conditionOf(native, parameters));
    lines.push(`--   ${parameters.values.map(String).join(", ")}`);
  }
  if (residual !== undefined) lines.push(`--   and the evaluator: ${JSON.stringify(residual)}`);
  return `${lines.join("\n")}\n`;
}

test("native queries are the ones that are written down", async () => {
  await expect(FILTERS_WRITTEN.map(writtenDown).join("\n")).toMatchFileSnapshot("./native-queries.sql");
});

const folder = await freshFolder();
const file = sqliteFile({ path: `${folder.path}/fleet.db`, synchronous: "normal" });
const holder = await opened({ file }); // As long as anybody has it, the file stays open.
afterAll(async () => {
  await holder.close();
  await folder[Symbol.asyncDispose]();
});

const open = async (scope: Partial<Scope>): Promise<RegistryBackend> => opened({ file }, scope);
const fill = filling(open);

describe("native queries, executed", () => {
  const documents = sensors(SEED, STATEMENT);
  let registry: RegistryBackend;
  beforeAll(async () => {
    const fields = [
      [["status"], "string"],
      [["battery"], "float"],
      [["tags"], "array"],
      [["at"], "geo_point"],
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
describeHostileTexts(open, [
  STATEMENT,
  "\\'; select load_extension('x'); --",
  "$$; drop table muster_registrations; $$",
]);
