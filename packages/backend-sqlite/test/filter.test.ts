import type { FieldType, IdentitySchema, RegistryBackend } from "@muster/core/slots";
import {
  compileFilter,
  type Filter,
  type Metadata,
  parseFilter,
  type Path,
  splitForComparisons as split,
  where,
} from "@muster/filter";
import { corpus, generateDocument, generateFilter, generatorSchema, seededRandom } from "@muster/filter/corpus";
import { collected, entry, within } from "@muster/testing";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { sqliteFile } from "../src/index.ts";
import { conditionOf } from "../src/filter.ts";
import { Parameters } from "../src/selection/parameters.ts";
import { freshFolder, opened } from "./support.ts";

/** Thousands more for a night's run; the seed chooses others. */
const FILTERS = Number(process.env["MUSTER_FILTERS"] ?? 1_000);
const SEED = Number(process.env["MUSTER_SEED"] ?? 4_711);
const CALL = { signal: new AbortController().signal };

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
  { 'it\'s "quoted"': "'; drop table muster_registrations; --" },
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

interface Document {
  readonly id: string;
  readonly metadata: Metadata;
}

/** What a caller gets: the native part from the registry, the residual part by the evaluator. */
async function select(registry: RegistryBackend, filter: Filter): Promise<readonly string[]> {
  const { native, residual } = split(filter);
  const query = { pageSize: 100, ...(native ? { filter: native } : {}) };
  const found = await collected(registry.scan(query, CALL));
  const routes = await collected(registry.scanRoutes(query, CALL));
  expect(routes.map(({ identity }) => identity)).toEqual(found.map(({ identity }) => identity));
  if (!residual) expect(await registry.counts?.count(native, CALL)).toBe(found.length);
  const matches = residual ? compileFilter(residual) : (): boolean => true;
  return found.filter((one) => matches(one.metadata, { ...one, attached: false })).map(({ identity }) => identity);
}

function evaluated(documents: readonly Document[], filter: Filter): readonly string[] {
  const matches = compileFilter(filter);
  return documents
    .filter(({ id, metadata }) => matches(metadata, { identity: id, registeredAt: Date.now(), attached: false }))
    .map(({ id }) => id)
    .toSorted();
}

test("native queries are the ones that are written down", async () => {
  await expect(FILTERS_WRITTEN.map(writtenDown).join("\n")).toMatchFileSnapshot("./native-queries.sql");
});

const folder = await freshFolder();
const file = sqliteFile({ path: `${folder.path}/fleet.db`, synchronous: "normal" });
afterAll(async () => folder[Symbol.asyncDispose]());

async function fill(documents: readonly Document[], schema?: IdentitySchema): Promise<RegistryBackend> {
  const registry = await opened({ file }, schema && { schema });
  afterAll(async () => registry.close());
  const entries = documents.map(({ id, metadata }) => entry(id, { metadata }));
  await registry.setMany([...entries, entry("$session/s", { ttlMs: 60_000 })], within(30_000));
  return registry;
}

describe("native queries, executed", () => {
  const random = seededRandom(SEED);
  const pick = <T>(all: readonly T[]): T => all[Math.floor(random() * all.length)] as T; // None is empty.
  const documents = Array.from({ length: 600 }, (_, i) => ({
    id: i % 100 === 0 ? `a${i}` : `sensor-${i}`,
    metadata: {
      status: pick(["online", "on", "one", "away", "off", null, true, 1, { a: 1 }, ["online"]]),
      battery: pick([0, -1, -0.5, 0.1, 0.2, 0.5, 1, 2, 1e-7, "0.1"]),
      tags: pick([["a", "b"], ["b"], "a", [1], [{ a: 1 }], [["a"]], {}, []]),
      at: pick([
        { lat: 0.1, lon: 0.1 },
        { lat: 50, lon: 179.999 },
        { lat: 50, lon: -179.999 },
        { lat: 91, lon: 0 },
        "0.1,0.1",
      ]),
      other: pick([1, 2, "on", "x", ["n"], ["on"]]),
      ...(i % 7 === 0 ? { 'it\'s "quoted"': "'; drop table muster_registrations; --" } : {}),
    },
  }));
  const fields = { status: "string", battery: "float", tags: "array", at: "geo_point" } as const;
  let registry: RegistryBackend;
  beforeAll(async () => {
    registry = await fill(documents, schemaOf(Object.entries(fields).map(([name, type]) => [[name], type])));
  });

  test.each(FILTERS_WRITTEN)("%j", async (input) => {
    const filter = parseFilter(input);
    expect(await select(registry, filter)).toEqual(evaluated(documents, filter));
  });
});

describe("the corpus, with every field indexed", () => {
  const groups = corpus.filter(({ evaluatorOnly }) => evaluatorOnly !== true);
  test.each(groups.map((group) => [group.id, group] as const))("%s", async (_, { documents, cases }) => {
    const parsed = cases.flatMap(({ id, filter, schema, matches }) =>
      matches === undefined ? [] : [{ id, matches, filter: parseFilter(filter, { schema }) }],
    );
    const registry = await fill(documents, everyPath(parsed.map(({ filter }) => filter)));
    for (const { id, matches, filter } of parsed) {
      expect((await select(registry, filter)).toSorted(), id).toEqual(matches.toSorted());
    }
  });
});

describe("texts that would be statements", () => {
  const hostile = [
    "'; drop table muster_registrations; --",
    "' or '1'='1",
    "\\'; select load_extension('x'); --",
    '"; drop table registrations; --',
    "$1",
    "$$; drop table muster_registrations; $$",
    "{a,b}",
    '{"a":null}',
    "E'\\x27'",
    "/* */ --",
    "%' or true --",
    "a'||'b",
    "\u0027 or 1=1",
    "null",
    "\\",
  ];

  test("are data as keys, values, identities, sessions and addresses", async () => {
    const documents = hostile.map((text, i) => ({
      id: `${text}-${i}`,
      metadata: { [text]: { [text]: text }, text },
    }));
    const paths = hostile.map((text): [Path, FieldType] => [[text, text], "string"]);
    const registry = await fill(documents, schemaOf([...paths, [["text"], "string"]]));
    for (const [i, text] of hostile.entries()) {
      const id = `${text}-${i}`;
      const filters: readonly Filter[] = [
        { op: "eq", path: [text, text], value: text },
        { op: "startswith", path: [text, text], value: text },
        { op: "contains", path: [text, text], value: text },
        { op: "endswith", path: [text, text], value: text },
        { op: "in", path: [text, text], value: [text, { [text]: text }] },
        { op: "gte", path: [text, text], value: text },
        { op: "not", node: { op: "nin", path: [text, text], value: [text] } },
        where("text").eq(text),
        { op: "eq", about: "identity", value: id },
      ];
      for (const filter of filters) expect(await select(registry, filter)).toContain(id);
      const [stored] = await registry.getMany([id], CALL);
      const changes = { session: text, address: text, attempt: text, mode: "replace" as const };
      const [outcome] = await registry.setMany([entry(id, changes)], CALL);
      expect(outcome).toMatchObject({ stored: { session: text, address: text, attempt: text } });
      expect(stored?.metadata).toEqual(documents[i]?.metadata);
      const served = await collected(registry.scan({ session: text, pageSize: 10 }, CALL));
      expect(served.map(({ identity }) => identity)).toEqual([id]);
    }
    expect((await registry.census(CALL)).counted).toBe(hostile.length);
  });

  test("are data as namespaces, each of which has its own", async () => {
    for (const namespace of hostile) {
      await using registry = await opened({ file }, { namespace, maxIdentities: 1 });
      await registry.setMany([entry("a", { metadata: { of: namespace } })], CALL);
    }
    for (const namespace of hostile) {
      await using registry = await opened({ file }, { namespace });
      expect(await select(registry, where("of").eq(namespace))).toEqual(["a"]);
      expect((await registry.census(CALL)).counted).toBe(1);
    }
  });
});

test("doubles at their edges come back, and are found, to the last bit", async () => {
  const doubles = [
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
  const all = doubles.flatMap((double) => [double, -double]).map((double) => double + 0);
  const texts = ["1e-400", "1e400", "0.1", "NaN", "Infinity", "9007199254740993"]; // No numbers, whatever they say.
  const documents = [...all, ...texts].map((n, i) => ({ id: `n-${i}`, metadata: { n } }));
  const registry = await fill(documents, schemaOf([[["n"], "float"]]));
  for (const { id, metadata } of documents) {
    const [one] = await registry.getMany([id], CALL);
    expect(one?.metadata).toEqual(metadata);
    for (const op of ["eq", "lt", "lte", "gt", "gte", "ne"] as const) {
      const filter: Filter = { op, path: ["n"], value: metadata.n };
      expect(await select(registry, filter)).toEqual(evaluated(documents, filter));
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
  const registry = await fill(documents, everyPath(filters));
  for (const [index, filter] of filters.entries()) {
    const about = `filter ${index}: ${JSON.stringify(filter)}`;
    expect(await select(registry, filter), about).toEqual(evaluated(documents, filter));
  }
});

function schemaOf(fields: readonly (readonly [path: Path, type: FieldType])[]): IdentitySchema {
  const all = fields.map(
    ([path, type]) => [JSON.stringify(path), { type, path, required: false, index: true }] as const,
  );
  return { fields: Object.fromEntries(all), additional: "keep" };
}

/** A schema that marks every field of the filters. */
function everyPath(filters: readonly Filter[]): IdentitySchema {
  const paths = new Map(filters.flatMap(pathsOf).map((path) => [JSON.stringify(path), path]));
  return schemaOf([...paths.values()].flatMap((path) => [[path, "string"] as const]));
}

function pathsOf(filter: Filter): readonly Path[] {
  if (filter.op === "and" || filter.op === "or") return filter.nodes.flatMap(pathsOf);
  if (filter.op === "not") return pathsOf(filter.node);
  return "path" in filter ? [filter.path] : [];
}
