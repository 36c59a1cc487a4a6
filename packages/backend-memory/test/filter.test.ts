import type { IdentitySchema, RegistryBackend } from "@muster/core/slots";
import { compileFilter, type Filter, formatPath, type Metadata, parseFilter, type Path } from "@muster/filter";
import { corpus, generateDocument, generateFilter, generatorSchema, seededRandom } from "@muster/filter/corpus";
import { entry } from "@muster/testing";
import { type Document, pathsOf } from "@muster/testing/filters";
import { describe, expect, test } from "vitest";
import { candidates } from "../src/filter.ts";
import { memoryRegistry } from "../src/index.ts";
import { Records } from "../src/records.ts";
import { CALL, fixture, NAMESPACE, scanAll, set, stored } from "./support.ts";

/** So many that the documents of a group are a small share of all, and indexes are worth asking. */
const FILLERS = Array.from({ length: 400 }, (_, i) => ({ id: `filler-${i}`, metadata: {} }));

function schemaOf(paths: Iterable<Path>): IdentitySchema {
  const fields = Object.fromEntries(
    [...paths].map((path) => [formatPath(path), { type: "string", path, required: false, index: true } as const]),
  );
  return { fields, additional: "keep" };
}

async function fill(documents: readonly Document[], schema?: IdentitySchema): Promise<RegistryBackend> {
  const registry = memoryRegistry();
  await registry.open({ namespace: NAMESPACE, ...(schema ? { schema } : {}) }, CALL);
  await registry.setMany(
    documents.map(({ id, metadata }) => entry(id, { metadata })),
    CALL,
  );
  return registry;
}

/** What a caller gets: the native part from the registry, the residual part by the evaluator. */
async function select(registry: RegistryBackend, filter: Filter): Promise<readonly string[]> {
  const { native, residual } = registry.filters?.split(filter) ?? {};
  const found = await scanAll(registry, { pageSize: 7, ...(native ? { filter: native } : {}) });
  const matches = residual ? compileFilter(residual) : (): boolean => true;
  return found.filter((one) => matches(one.metadata, { ...one, attached: false })).map(({ identity }) => identity);
}

describe("the corpus, with every field indexed and with none", () => {
  const groups = corpus.filter(({ evaluatorOnly }) => !evaluatorOnly);
  test.each(groups.map((group) => [group.id, group] as const))("%s", async (_, { documents, cases }) => {
    const parsed = cases.flatMap(({ id, filter, schema, matches }) =>
      matches === undefined ? [] : [{ id, matches, filter: parseFilter(filter, schema ? { schema } : {}) }],
    );
    const all = [...documents, ...FILLERS];
    const indexed = await fill(all, schemaOf(parsed.flatMap(({ filter }) => pathsOf(filter))));
    const plain = await fill(all);
    for (const { id, matches, filter } of parsed) {
      const ids = new Set(documents.map((document) => document.id));
      const found = await select(indexed, filter);
      expect(found.filter((identity) => ids.has(identity)).sort(), id).toEqual([...matches].sort());
      expect(await select(plain, filter), id).toEqual(found);
    }
  });

  test("has cases", () => {
    expect(groups.flatMap(({ cases }) => cases).length).toBeGreaterThan(100);
  });
});

test("generated filters select the same with indexes, without, and by the evaluator", async () => {
  const seed = 71_203;
  const random = seededRandom(seed);
  const documents = Array.from({ length: 400 }, (_, i) => ({ id: `id-${i}`, metadata: generateDocument(random) }));
  const filters = Array.from({ length: 400 }, () => parseFilter(generateFilter(random), { schema: generatorSchema }));
  const indexed = await fill(documents, schemaOf(filters.flatMap(pathsOf)));
  const plain = await fill(documents);
  for (const [index, filter] of filters.entries()) {
    const matches = compileFilter(filter);
    const expected = documents
      .filter(({ id, metadata }) => matches(metadata, { identity: id, registeredAt: 0, attached: false }))
      .map(({ id }) => id);
    const found = await select(indexed, filter);
    expect([...found].sort(), `seed ${seed}, filter ${index}: ${JSON.stringify(filter)}`).toEqual(expected.sort());
    expect(await select(plain, filter)).toEqual(found);
  }
});

describe("count", () => {
  test("counts what matches a filter, and without one everyone who lives", async () => {
    const { client, clock } = fixture();
    const registry = await client();
    await registry.setMany(
      [entry("a", { metadata: { n: 1 } }), entry("b", { metadata: { n: 1 }, ttlMs: 10 }), entry("c")],
      CALL,
    );
    const filter = parseFilter({ n: 1 });
    expect(await registry.counts?.count(filter, CALL)).toBe(2);
    expect(await registry.counts?.count(undefined, CALL)).toBe(3);
    clock.now += 10;
    expect(await registry.counts?.count(filter, CALL)).toBe(1);
    expect(await registry.counts?.count(undefined, CALL)).toBe(2);
  });

  test("counts more than one stretch of work", async () => {
    const registry = await fill(
      Array.from({ length: 25_000 }, (_, i) => ({ id: `id-${i}`, metadata: { even: i % 2 === 0 } })),
    );
    expect(await registry.counts?.count(parseFilter({ even: true }), CALL)).toBe(12_500);
  });
});

describe("indexes", () => {
  const COUNT = 2_000;

  function records(): Records {
    const all = new Records();
    all.addIndexes(schemaOf([["n"], ["kind"]]));
    for (let n = 0; n < COUNT; n++)
      all.put(registration(`id-${String(n).padStart(4, "0")}`, { n, kind: n % 100 === 0 ? "rare" : "common" }), false);
    return all;
  }

  function registration(identity: string, metadata: Metadata): Parameters<Records["put"]>[0] {
    const absent = { session: undefined, address: undefined, expiresAt: undefined, ttlMs: undefined };
    return { identity, epoch: 1, registeredAt: 0, metadata, revision: 1, attempt: "", ...absent };
  }

  test.each([
    ["equality", { n: 7 }, 1],
    ["a list", { "n.in": [1, 2, 2, 3, "x"] }, 3],
    ["a range", { n: { $gte: 1_000, $lt: 1_010 } }, 10],
    ["an empty range", { n: { $gte: 1_010, $lt: 1_000 } }, 0],
    ["a list within a range", { $and: [{ "n.in": [1, 5, 9] }, { "n.gt": 4 }] }, 2],
    ["a range open above", { "n.gt": COUNT - 4 }, 3],
    ["a prefix", { "kind.startswith": "ra" }, 20],
    ["the smallest of several", { kind: "rare", "n.lt": 200, other: 1 }, 20],
    ["either of two", { $or: [{ n: 1 }, { kind: "rare" }] }, 21],
    ["a key", { $identity: "id-0001" }, 1],
    ["a range of keys", { $identity: { $startswith: "id-000" } }, 10],
    ["nobody", { "n.in": [] }, 0],
  ])("%s looks at no more than it must", (_, input, most) => {
    expect(candidates(records(), parseFilter(input))).toHaveLength(most);
  });

  test.each([
    ["most of all records", { kind: "common" }],
    ["a field without an index", { other: 1 }],
    ["what an index can't tell", { "n.ne": 5 }],
    ["an alternative without an index", { $or: [{ n: 1 }, { other: 1 }] }],
    ["a negation", { $not: { n: 1 } }],
    ["an object", { n: { $eq: { a: 1 } } }],
  ])("%s is left to the scan", (_, input) => {
    expect(candidates(records(), parseFilter(input))).toBeUndefined();
  });

  test("candidates come in order of identity", () => {
    const found = candidates(records(), parseFilter({ "n.in": [900, 30, 500, 31] }));
    expect(found).toEqual(["id-0030", "id-0031", "id-0500", "id-0900"]);
  });

  test("follow updates, expiry and removal", async () => {
    const registry = await fixture().client({ schema: schemaOf([["n"]]) });
    await registry.setMany(
      FILLERS.map(({ id }) => entry(id)),
      CALL,
    );
    const { epoch } = await stored(registry, entry("a", { metadata: { n: 1 } }));
    expect(await select(registry, parseFilter({ n: 1 }))).toEqual(["a"]);
    await set(registry, entry("a", { metadata: { n: 2 }, mode: { epoch } }));
    expect(await select(registry, parseFilter({ n: 1 }))).toEqual([]);
    expect(await select(registry, parseFilter({ n: 2 }))).toEqual(["a"]);
    await registry.deleteMany([{ identity: "a", epoch }], CALL);
    expect(await select(registry, parseFilter({ n: 2 }))).toEqual([]);
  });

  test("are built for records that were there before the schema asked", async () => {
    const { client } = fixture();
    const first = await client();
    await first.setMany([...FILLERS.map(({ id }) => entry(id)), entry("a", { metadata: { n: 1 } })], CALL);
    const second = await client({ schema: schemaOf([["n"]]) });
    expect(await select(second, parseFilter({ n: 1 }))).toEqual(["a"]);
    await set(first, entry("b", { metadata: { n: 1 } }));
    expect(await select(second, parseFilter({ n: 1 }))).toEqual(["a", "b"]);
  });
});
