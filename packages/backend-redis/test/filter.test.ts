import { randomUUID } from "node:crypto";
import {
  type Call,
  type IdentitySchema,
  type RegistryBackend,
  SESSION_PREFIX,
  type SetEntry,
} from "@muster/core/slots";
import { compileFilter, type Filter, type Metadata, parseFilter, type Path, splitForEvaluator } from "@muster/filter";
import { corpus, generateDocument, generateFilter, generatorSchema, seededRandom } from "@muster/filter/corpus";
import { withServer } from "@muster/servers/vitest";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type Narrowing, narrowingOf } from "../src/filter.ts";
import { redisRegistry } from "../src/registry.ts";
import { schemaOf } from "./indexes/support.ts";

const CALL: Call = { signal: new AbortController().signal };
/** Thousands more for a night's run; the seed chooses others. */
const FILTERS = Number(process.env["MUSTER_FILTERS"] ?? 1_000);
const SEED = Number(process.env["MUSTER_SEED"] ?? 4_711);

const SCHEMA = schemaOf({ status: "string", battery: "float", zone: "string", at: "geo_point" });
const FIELDS: readonly Path[] = [["status"], ["battery"], ["zone"], ["at"]];

/** As it is sent, with names for indexes and marks for what is not to be seen. */
function written(narrowing: Narrowing | undefined): string {
  if (narrowing === undefined) return "everyone";
  if ("anyOf" in narrowing) return `any of (${narrowing.anyOf.map(written).join(", ")})`;
  if ("allOf" in narrowing) return `all of (${narrowing.allOf.map(written).join(", ")})`;
  const name = narrowing.index === "order" ? "$identity" : (FIELDS[narrowing.index]?.join(".") ?? "");
  const ranges = narrowing.ranges.map(({ min, max }) => `${shown(min)}..${max === undefined ? "" : shown(max)}`);
  return `${name} [${ranges.join(" ")}]`;
}

function shown(text: string): string {
  return text.replaceAll("\0", "~").replaceAll("\u0001", "~~");
}

/** Filter, native plan, what is left for the evaluator. */
const PLANS: readonly (readonly [filter: object, plan: string, residual?: object])[] = [
  [{ status: "online" }, "status [4online~..4online~~]"],
  [{ status: null }, "status [0~..0~~]"],
  [{ status: true }, "status [2~..2~~]"],
  [{ status: { $eq: { a: 1 } } }, "status [6~..6~~]"],
  [{ battery: 0 }, "battery [38000000000000000~..38000000000000000~~]"],
  [{ "battery.lt": 0.2 }, "battery [3..3bfc999999999999a~]"],
  [{ "battery.lte": -1 }, "battery [3..3400fffffffffffff~~]"],
  [{ "battery.gt": 1 }, "battery [3bff0000000000000~~..4]"],
  [{ battery: { $gte: 0.5, $lt: 1 } }, "battery [3bfe0000000000000~..3bff0000000000000~]"],
  [{ battery: { $gte: 1, $lt: 0.5 } }, "battery []"],
  [
    { "status.in": ["online", "away", 1] },
    "status [3bff0000000000000~..3bff0000000000000~~ 4away~..4away~~ 4online~..4online~~]",
  ],
  [{ "status.startswith": "on" }, "status [4on..4oo]"],
  [{ "status.startswith": "" }, "status [4..5]"],
  [{ "status.exists": true }, "status [0..7]"],
  [{ "status.type": "number" }, "status [3..4]"],
  [{ "status.regex": "^on.*e$" }, "status [4on..4oo]", { "status.regex": "^on.*e$" }],
  [{ "status.regex": "line" }, "everyone", { "status.regex": "line" }],
  [{ "status.ne": "online" }, "everyone"],
  [{ "status.nin": ["online"] }, "everyone"],
  [{ "status.exists": false }, "everyone"],
  [{ "status.contains": "n" }, "everyone"],
  [{ $not: { status: "online" } }, "everyone"],
  [{ other: 1 }, "everyone"],
  [{ $attached: true }, "everyone", { $attached: true }],
  [{ "$registeredAt.gt": 0 }, "everyone"],
  [{ $identity: "sensor-7" }, "$identity [sensor-7..sensor-7~]"],
  [{ $identity: { $startswith: "sensor-" } }, "$identity [sensor-..sensor.]"],
  [{ $identity: { $gt: "a", $lte: "b" } }, "$identity [a~..b~]"],
  [{ status: "online", zone: "a" }, "all of (status [4online~..4online~~], zone [4a~..4a~~])"],
  [{ status: "online", other: 1 }, "status [4online~..4online~~]"],
  [{ $or: [{ status: "online" }, { zone: "a" }] }, "any of (status [4online~..4online~~], zone [4a~..4a~~])"],
  [{ $or: [{ status: "online" }, { status: "away" }] }, "status [4away~..4away~~ 4online~..4online~~]"],
  [{ $or: [{ status: "online" }, { other: 1 }] }, "everyone"],
  [
    { zone: "a", $or: [{ status: "online" }, { "battery.gt": 1 }] },
    "all of (zone [4a~..4a~~], any of (status [4online~..4online~~], battery [3bff0000000000000~~..4]))",
  ],
  [{ "at.near": { lat: 0.1, lon: 0.1, radiusM: 0 } }, "at [5c00009242d909..5c00009242d909~~]"],
  [{ "at.within": { south: -90, north: 90, west: -180, east: 180 } }, "at [50000000000000..5fffffffffffff~~]"],
];

function entry(identity: string, metadata: Metadata, changes: Partial<SetEntry> = {}): SetEntry {
  return {
    identity,
    metadata,
    ttlMs: undefined,
    session: undefined,
    address: undefined,
    sessionBound: false,
    attempt: randomUUID(),
    mode: "create",
    ...changes,
  };
}

interface Document {
  readonly id: string;
  readonly metadata: Metadata;
}

async function collected<T>(pages: AsyncIterable<readonly T[]>): Promise<readonly T[]> {
  const all: T[] = [];
  for await (const page of pages) all.push(...page);
  return all;
}

/** What a caller gets: the native part from the registry, the residual part by the evaluator. */
async function select(registry: RegistryBackend, filter: Filter): Promise<readonly string[]> {
  const { native, residual } = splitForEvaluator(filter);
  const query = { pageSize: 100, ...(native ? { filter: native } : {}) };
  const found = await collected(registry.scan(query, CALL));
  const routes = await collected(registry.scanRoutes(query, CALL));
  expect(routes.map(({ identity }) => identity)).toEqual(found.map(({ identity }) => identity));
  const matches = residual ? compileFilter(residual) : (): boolean => true;
  return found.filter((one) => matches(one.metadata, { ...one, attached: false })).map(({ identity }) => identity);
}

function evaluated(documents: readonly Document[], filter: Filter): readonly string[] {
  const matches = compileFilter(filter);
  return documents
    .filter(({ id, metadata }) => matches(metadata, { identity: id, registeredAt: Date.now(), attached: false }))
    .map(({ id }) => id)
    .sort();
}

describe("native plans", () => {
  test.each(PLANS)("of %j", (input, plan, residual) => {
    const filter = parseFilter(input);
    const split = splitForEvaluator(filter);
    expect(written(split.native && narrowingOf(split.native, FIELDS))).toBe(plan);
    expect(split.residual).toEqual(residual && parseFilter(residual));
  });

  test("ask no index whose number is not to be asked, and none for versions", () => {
    expect(narrowingOf(parseFilter({ status: "online" }), [undefined, ["battery"]])).toBeUndefined();
    const schema = { fields: { status: { type: "semver" } } };
    expect(narrowingOf(parseFilter({ "status.gte": "1.0" }, { schema }), FIELDS)).toBeUndefined();
  });
});

await withServer("redis", { persistent: false }, ({ url }) => {
  async function fill(documents: readonly Document[], schema: IdentitySchema): Promise<RegistryBackend> {
    const registry = redisRegistry({ url });
    afterAll(async () => registry.close());
    await registry.open({ namespace: randomUUID(), schema }, CALL);
    const entries = documents.map(({ id, metadata }) => entry(id, metadata));
    for (let from = 0; from < entries.length; from += 500)
      await registry.setMany(entries.slice(from, from + 500), CALL);
    await registry.setMany([entry(`${SESSION_PREFIX}s`, {}, { ttlMs: 60_000 })], CALL);
    return registry;
  }

  describe("native plans, executed", () => {
    const random = seededRandom(SEED);
    const pick = <T>(all: readonly T[]): T => all[Math.floor(random() * all.length)] as T; // None is empty.
    const documents = Array.from({ length: 600 }, (_, i) => ({
      id: i % 100 === 0 ? `a${i}` : `sensor-${i}`,
      metadata: {
        status: pick(["online", "on", "one", "away", "off", null, true, 1, { a: 1 }, ["online"]]),
        battery: pick([0, -1, -0.5, 0.1, 0.2, 0.5, 1, 2, "0.1"]),
        zone: pick(["a", "b", "c", "d", "e", "f", "g", "h"]),
        at: pick([{ lat: 0.1, lon: 0.1 }, { lat: 50, lon: 179.999 }, { lat: 91, lon: 0 }, "0.1,0.1"]),
        other: pick([1, 2]),
      },
    }));
    let registry: RegistryBackend;
    beforeAll(async () => {
      registry = await fill(documents, SCHEMA);
    });

    test.each(PLANS)("%j", async (input) => {
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

  test(`${FILTERS} generated filters of seed ${SEED} select whom the evaluator selects`, {
    timeout: 60_000 + 20 * FILTERS,
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
});

/** A schema that marks every field of the filters. */
function everyPath(filters: readonly Filter[]): IdentitySchema {
  const paths = new Map(filters.flatMap(pathsOf).map((path) => [JSON.stringify(path), path]));
  const fields = Array.from(
    paths,
    ([key, path]) => [key, { type: "string", path, required: false, index: true }] as const,
  );
  return { fields: Object.fromEntries(fields), additional: "keep" };
}

function pathsOf(filter: Filter): readonly Path[] {
  if (filter.op === "and" || filter.op === "or") return filter.nodes.flatMap(pathsOf);
  if (filter.op === "not") return pathsOf(filter.node);
  return "path" in filter ? [filter.path] : [];
}
