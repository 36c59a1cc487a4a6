import { entry } from "@muster/testing";
import { expect, test } from "vitest";
import { memoryHub, memoryRegistry } from "../../src/index.ts";
import { CALL, fixture, set, startSession, stored } from "../support.ts";

test("the quota refuses the one too many, and a registration that ended makes room", async () => {
  const registry = await fixture().client({ maxIdentities: 2 });
  const { epoch } = await stored(registry, entry("a"));
  await stored(registry, entry("b"));
  expect(await set(registry, entry("c"))).toEqual({ refused: "quota" });
  expect(await set(registry, entry("b"))).toHaveProperty("stored");
  await registry.deleteMany([{ identity: "a", epoch }], CALL);
  expect(await set(registry, entry("c"))).toHaveProperty("stored");
});

test("an expired record counts until its step is confirmed", async () => {
  const { client, clock } = fixture();
  const registry = await client({ maxIdentities: 1 });
  await stored(registry, entry("a", { ttlMs: 10 }));
  clock.now += 10;
  expect(await set(registry, entry("b"))).toEqual({ refused: "quota" });
  const claims = await registry.reap({ limit: 1, claimMs: 1_000, graceMs: 1_000 }, CALL);
  expect(await registry.census(CALL)).toEqual({ counted: 1, expired: 1 });
  expect(await set(registry, entry("b"))).toEqual({ refused: "quota" });
  await registry.confirmMany(claims, CALL);
  expect(await set(registry, entry("b"))).toHaveProperty("stored");
  expect(await set(registry, entry("a"))).toEqual({ refused: "quota" });
});

test("the successor of an expired record takes its place", async () => {
  const { client, clock } = fixture();
  const registry = await client({ maxIdentities: 1 });
  await stored(registry, entry("a", { ttlMs: 10 }));
  clock.now += 10;
  expect(await set(registry, entry("a"))).toHaveProperty("stored");
  expect(await registry.census(CALL)).toEqual({ counted: 1, expired: 0 });
});

test("the quota holds, with one winner each, when four clients register the same identities at once", async () => {
  const { client } = fixture();
  const clients = await Promise.all(["s", "t", "u", "v"].map(() => client({ maxIdentities: 60 })));
  for (const [index, registry] of clients.entries()) await startSession(registry, `session-${index}`);
  const outcomes = await Promise.all(
    Array.from({ length: 1_000 }, async (_, i) => {
      const registry = clients[i % 4] ?? memoryRegistry({ hub: memoryHub() });
      return set(registry, entry(`identity-${i % 100}`, { session: `session-${i % 4}`, sessionBound: true }));
    }),
  );
  const winners = outcomes.flatMap((outcome) => ("stored" in outcome ? [outcome.stored.identity] : []));
  expect(winners).toHaveLength(60);
  expect(new Set(winners).size).toBe(60);
});
