import type { FilterInput, JsonValue, Metadata } from "@muster/filter";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { enumerate } from "../src/enumerate.ts";
import type { EnumerateOptions, Page, RegisteredIdentity } from "../src/fleet.ts";
import { CALL, entry, names, openWorld, stored, storeMany, type World } from "./support/world.ts";
import { interposed } from "./support/interposed.ts";

function list(world: World, filter: FilterInput | null | undefined, options: EnumerateOptions = {}): Promise<Page> {
  return enumerate(world.context, filter, options, CALL);
}

async function allPages(
  world: World,
  filter: FilterInput | null,
  options: EnumerateOptions,
  between = async (): Promise<void> => {},
): Promise<readonly Page[]> {
  const pages: Page[] = [];
  let cursor: string | undefined;
  do {
    const page: Page = await list(world, filter, { ...options, ...(cursor === undefined ? {} : { cursor }) });
    pages.push(page);
    cursor = page.nextCursor;
    await between();
  } while (cursor !== undefined);
  return pages;
}

function identitiesOf(pages: readonly Page[]): readonly string[] {
  return pages.flatMap(({ identities }) => identities.map(({ identity }) => identity));
}

async function worldOf(
  metadata: Readonly<Record<string, Metadata>>,
  options: Parameters<typeof openWorld>[0] = {},
): Promise<World> {
  const world = await openWorld(options);
  await world.context.registry.setMany(
    Object.entries(metadata).map(([identity, one]) => entry(identity, { metadata: one })),
    CALL,
  );
  return world;
}

describe("what a page holds", () => {
  test("registrations in UTF-8 order of identity, as callers see them", async () => {
    const world = await openWorld();
    const process = await world.process("s1");
    await process.register("b", { x: 1 });
    await stored(world.context.registry, entry("a", { ttlMs: 60_000 }));
    const { identities, ...rest } = await list(world, null);
    expect(rest).toEqual({});
    const [a, b] = identities as readonly [RegisteredIdentity, RegisteredIdentity];
    expect(a).toMatchObject({ identity: "a", metadata: {}, attached: false, revision: 1 });
    expect(a.expiresAt).toBe(a.registeredAt + 60_000);
    expect(b).toMatchObject({ identity: "b", metadata: { x: 1 }, attached: true });
    expect(b).not.toHaveProperty("expiresAt");
    expect(Object.keys(b).toSorted()).toEqual([
      "attached",
      "epoch",
      "identity",
      "metadata",
      "registeredAt",
      "revision",
    ]);
  });

  test("nobody, null and nothing are all answers", async () => {
    const world = await worldOf({ a: {}, b: {} });
    expect(identitiesOf([await list(world, null)])).toEqual(["a", "b"]);
    expect(identitiesOf([await list(world, undefined)])).toEqual(["a", "b"]);
    expect(await list(world, { x: 1 }, { count: true })).toEqual({ identities: [], totalCount: 0 });
    await expect(list(world, {})).rejects.toMatchObject({ code: "INVALID_FILTER" });
  });

  test("metadata can be left out or projected", async () => {
    const world = await worldOf({ a: { x: 1, y: { z: 2, w: 3 } } });
    const metadata = async (options: EnumerateOptions): Promise<unknown> =>
      (await list(world, null, options)).identities[0]?.metadata;
    expect(await metadata({ includeMetadata: false })).toEqual({});
    expect(await metadata({ projection: ["y.z"] })).toEqual({ y: { z: 2 } });
    expect(await metadata({ projection: ["y.z"], includeMetadata: false })).toEqual({});
  });

  test("totalCount is there when it was asked for, and counts all that match, not the page", async () => {
    const world = await worldOf(Object.fromEntries(names(10).map((name, index) => [name, { index }])));
    expect((await list(world, { "index.lt": 7 }, { limit: 3, count: true })).totalCount).toBe(7);
    expect(
      (await list(world, { "index.lt": 7 }, { limit: 3, offset: 2, count: true, sortBy: ["index"] })).totalCount,
    ).toBe(7);
    expect(await list(world, null, { limit: 3 })).not.toHaveProperty("totalCount");
  });
});

describe("paging", () => {
  test.each<[number, number]>([
    [10, 3],
    [10, 5],
    [10, 10],
    [10, 11],
    [1, 1],
    [0, 1],
  ])(
    "%i registrations in pages of %i: everyone once, and no page after the last that holds something",
    async (count, limit) => {
      const world = await openWorld();
      await storeMany(world.context.registry, names(count));
      for (const sortBy of [[], ["x"], ["$identity desc"]]) {
        const pages = await allPages(world, null, { limit, sortBy });
        expect(identitiesOf(pages).toSorted()).toEqual(names(count));
        expect(pages).toHaveLength(Math.max(1, Math.ceil(count / limit)));
      }
    },
  );

  test("offset skips, alone and behind a cursor", async () => {
    const world = await openWorld();
    const all = names(10);
    await storeMany(world.context.registry, all);
    for (const sortBy of [[], ["$registeredAt"]]) {
      const first = await list(world, null, { limit: 2, offset: 3, sortBy });
      expect(identitiesOf([first])).toEqual(all.slice(3, 5));
      const second = await list(world, null, { limit: 2, offset: 1, sortBy, cursor: first.nextCursor ?? "" });
      expect(identitiesOf([second])).toEqual(all.slice(6, 8));
      expect(identitiesOf([await list(world, null, { offset: 10, sortBy })])).toEqual([]);
    }
  });

  test("a page of none counts, and its cursor stays where it was", async () => {
    const world = await openWorld();
    await storeMany(world.context.registry, names(3));
    for (const sortBy of [[], ["x"]]) {
      const none = await list(world, null, { limit: 0, count: true, sortBy });
      expect(none).toMatchObject({ identities: [], totalCount: 3 });
      expect(identitiesOf([await list(world, null, { sortBy, cursor: none.nextCursor ?? "" })])).toEqual(names(3));
    }
  });

  test("without a sort a page is read no further than it must be", async () => {
    let read = 0;
    const world = await openWorld({
      registry: (plain) =>
        interposed(plain, {
          scan: (original) =>
            async function* scan(query, call) {
              for await (const page of original(query, call)) {
                read += page.length;
                yield page;
              }
            },
        }),
    });
    await storeMany(world.context.registry, names(5_000));
    await list(world, null, { limit: 10 });
    expect(read).toBe(11);
  });

  test("whoever is registered throughout all pages appears exactly once, whatever comes and goes between them", async () => {
    const world = await openWorld();
    const steady = names(500, "s-");
    await storeMany(world.context.registry, steady);
    let round = 0;
    for (const sortBy of [[], ["$identity desc"]]) {
      const pages = await allPages(world, null, { limit: 37, sortBy }, async () => {
        round += 1;
        await storeMany(world.context.registry, [`a-${round}`, `s-0000100-${round}`, `z-${round}`]);
        if (round > 1)
          await world.context.registry.deleteMany(await epochsOf(world, [`a-${round - 1}`, `z-${round - 1}`]), CALL);
      });
      const found = identitiesOf(pages);
      expect(new Set(found).size).toBe(found.length);
      expect(found.filter((identity) => steady.includes(identity)).toSorted()).toEqual(steady);
    }
  });

  test("a cursor of another query is refused", async () => {
    const world = await worldOf({ a: { x: 1 }, b: { x: 1 } });
    const { nextCursor = "" } = await list(world, { x: 1 }, { limit: 1 });
    await expect(list(world, null, { cursor: nextCursor })).rejects.toMatchObject({ code: "INVALID_CURSOR" });
    await expect(list(world, { x: 1 }, { cursor: nextCursor, sortBy: ["x"] })).rejects.toMatchObject({
      code: "INVALID_CURSOR",
    });
    await expect(list(world, { x: 1 }, { cursor: `${nextCursor}A` })).rejects.toMatchObject({ code: "INVALID_CURSOR" });
    expect(identitiesOf([await list(world, { $and: [{ x: 1 }] }, { cursor: nextCursor, limit: 50 })])).toEqual(["b"]);
  });
});

test("sorted pages are what sorting everything and cutting would give", async () => {
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
        const world = await worldOf(Object.fromEntries(metadata.map((one, index) => [`i${index}`, one])));
        const pages = await allPages(world, null, { sortBy, limit });
        expect(identitiesOf(pages)).toEqual(naivelySorted(metadata, sortBy));
      },
    ),
    { numRuns: 60 },
  );
});

test("a cursor goes on under other limits, offsets and views, and only filter and sortBy bind it", async () => {
  const world = await worldOf(Object.fromEntries(names(6).map((name, n) => [name, { n, "x.y": 6 - n }])));
  for (const [sortBy, rest] of [
    [[], [2, 3, 4, 5]],
    [["x\\.y"], [3, 2, 1, 0]],
    [
      ["n", "n desc"],
      [2, 3, 4, 5],
    ],
    [["metadata.n asc"], [2, 3, 4, 5]],
  ] as const) {
    const { nextCursor: cursor = "" } = await list(world, null, { sortBy, limit: 2 });
    const page = await list(world, null, { sortBy, cursor, projection: ["n"], count: true });
    expect(page.identities.map(({ metadata }) => metadata["n"])).toEqual(rest);
    expect(page.totalCount).toBe(6);
    const other = await list(world, null, { sortBy, cursor, limit: 1, offset: 1, includeMetadata: false });
    expect(identitiesOf([other])).toEqual([names(6)[rest[1]]]);
  }
});

test("whether somebody is attached selects, counts and pages", async () => {
  const world = await openWorld();
  const process = await world.process("s1");
  for (const name of names(5, "a-")) await process.register(name);
  await storeMany(world.context.registry, names(4, "b-"));
  const attached = await allPages(world, { $attached: true }, { limit: 2, count: true });
  expect(identitiesOf(attached)).toEqual(names(5, "a-"));
  expect(attached.map(({ totalCount }) => totalCount)).toEqual([5, 5, 5]);
  const offline = await allPages(world, { $not: { $attached: true } }, { limit: 3, sortBy: ["$identity desc"] });
  expect(identitiesOf(offline)).toEqual(names(4, "b-").toReversed());
});

describe("what is refused", () => {
  test.each<[EnumerateOptions]>([
    [{ limit: -1 }],
    [{ limit: 1.5 }],
    [{ limit: 1_001 }],
    [{ limit: "5" as unknown as number }],
    [{ offset: -1 }],
    [{ offset: Number.NaN }],
    [{ offset: Number.MAX_SAFE_INTEGER + 1 }],
    [{ sortBy: ["x"], offset: 9_950, limit: 51 }],
    [{ sortBy: "x" as unknown as string[] }],
    [{ projection: [] }],
    [{ count: 1 as unknown as boolean }],
    [{ includeMetadata: "no" as unknown as boolean }],
  ])("options %j", async (options) => {
    await expect(list(await openWorld(), null, options)).rejects.toMatchObject({ code: "INVALID_ARGUMENT" });
  });

  test("a smaller page size of the namespace is the default too", async () => {
    const world = await openWorld({ limits: { maxPageSize: 5 } });
    await storeMany(world.context.registry, names(8));
    expect((await list(world, null)).identities).toHaveLength(5);
    await expect(list(world, null, { limit: 6 })).rejects.toMatchObject({ code: "INVALID_ARGUMENT" });
  });
});

async function epochsOf(world: World, identities: readonly string[]): Promise<{ identity: string; epoch: number }[]> {
  const found = await world.context.registry.getMany(identities, CALL);
  return found.flatMap((one) => (one === undefined ? [] : [{ identity: one.identity, epoch: one.epoch }]));
}

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
