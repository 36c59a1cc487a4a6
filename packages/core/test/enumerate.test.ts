import { describe, expect, test } from "vitest";
import type { EnumerateOptions, RegisteredIdentity } from "../src/fleet.ts";
import { allPages, identitiesOf, list, worldOf } from "./support/listing.ts";
import { entry, names, openWorld, stored, storeMany } from "./support/world.ts";

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
