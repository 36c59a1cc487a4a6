import { describe, expect, test } from "vitest";
import { interposed } from "../support/interposed.ts";
import { allPages, identitiesOf, list, SORTERS, worldOf } from "../support/listing.ts";
import { CALL, names, openWorld, storeMany, type World } from "../support/world.ts";

describe.each(SORTERS)("paging, sorted by %s", (_, options) => {
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
      const world = await openWorld(options);
      await storeMany(world.context.registry, names(count));
      for (const sortBy of [[], ["x"], ["$identity desc"]]) {
        const pages = await allPages(world, null, { limit, sortBy });
        expect(identitiesOf(pages).toSorted()).toEqual(names(count));
        expect(pages).toHaveLength(Math.max(1, Math.ceil(count / limit)));
      }
    },
  );

  test("offset skips, alone and behind a cursor", async () => {
    const world = await openWorld(options);
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
    const world = await openWorld(options);
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
    const world = await openWorld(options);
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

test.each(SORTERS)(
  "sorted by %s, a cursor goes on under other limits, offsets and views, and only filter and sortBy bind it",
  async (_, options) => {
    const world = await worldOf(Object.fromEntries(names(6).map((name, n) => [name, { n, "x.y": 6 - n }])), options);
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
  },
);

async function epochsOf(world: World, identities: readonly string[]): Promise<{ identity: string; epoch: number }[]> {
  const found = await world.context.registry.getMany(identities, CALL);
  return found.flatMap((one) => (one === undefined ? [] : [{ identity: one.identity, epoch: one.epoch }]));
}
