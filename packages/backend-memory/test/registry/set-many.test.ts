import { entry } from "@muster/testing";
import { expect, test } from "vitest";
import { CALL, fixture, get, scanIdentities, set, startSession, stored } from "../support.ts";

const BOUND = { session: "s", sessionBound: true } as const;

test("setMany stores a registration as it was handed in, with the store's time and a first revision", async () => {
  const { client, clock } = fixture();
  const registry = await client();
  const one = entry("a", { metadata: { deep: { list: [1, null] } }, ttlMs: 50, session: "s", address: "node" });
  expect(await stored(registry, one)).toEqual({
    identity: "a",
    epoch: expect.any(Number),
    session: "s",
    address: "node",
    registeredAt: clock.now,
    expiresAt: clock.now + 50,
    ttlMs: 50,
    metadata: { deep: { list: [1, null] } },
    revision: 1,
    attempt: one.attempt,
  });
});

test("a session-bound registration keeps its TTL for later and does not expire by itself", async () => {
  const registry = await fixture().client();
  await startSession(registry, "s");
  expect(await stored(registry, entry("a", { ttlMs: 50, ...BOUND }))).toMatchObject({
    ttlMs: 50,
    expiresAt: undefined,
  });
});

test.each(["create", "replace"] as const)("%s refuses a session-bound registration of a dead session", async (mode) => {
  const { client, clock } = fixture();
  const registry = await client();
  await startSession(registry, "s", 10_000);
  expect(await set(registry, entry("a", { session: "t", sessionBound: true, mode }))).toEqual({ refused: "session" });
  expect(await set(registry, entry("a", { sessionBound: true, mode }))).toEqual({ refused: "session" });
  clock.now += 10_000;
  expect(await set(registry, entry("a", { ...BOUND, mode }))).toEqual({ refused: "session" });
  expect(await registry.census(CALL)).toEqual({ counted: 0, expired: 0 });
});

test("an update that binds to a dead session changes nothing", async () => {
  const registry = await fixture().client();
  const before = await stored(registry, entry("a", { ttlMs: 100 }));
  const bind = entry("a", { ttlMs: 100, ...BOUND, mode: { epoch: before.epoch } });
  expect(await set(registry, bind)).toEqual({ refused: "session" });
  expect(await get(registry, "a")).toEqual(before);
});

test("outcomes stand in the order of the entries, each entry for itself", async () => {
  const registry = await fixture().client();
  await startSession(registry, "s");
  await stored(registry, entry("b", { session: "s" }));
  const outcomes = await registry.setMany([entry("c"), entry("b"), entry("a")], CALL);
  expect(outcomes).toMatchObject([{ stored: { identity: "c" } }, { refused: "exists" }, { stored: { identity: "a" } }]);
});

test("an identity twice in a batch is refused, and nothing of the batch is stored", async () => {
  const registry = await fixture().client();
  await expect(registry.setMany([entry("a"), entry("b"), entry("a")], CALL)).rejects.toMatchObject({
    code: "INVALID_ARGUMENT",
    subject: "a",
  });
  expect(await scanIdentities(registry)).toEqual([]);
});

test.each([
  ["an empty one", ""],
  ["257 bytes", "x".repeat(257)],
  ["257 bytes in 129 units", `${"é".repeat(128)}x`],
])("an identity of %s is refused, and nothing of the batch is stored", async (_, identity) => {
  const registry = await fixture().client();
  await expect(registry.setMany([entry("a"), entry(identity)], CALL)).rejects.toMatchObject({
    code: "INVALID_IDENTITY",
  });
  expect(await get(registry, "a")).toBeUndefined();
});

test("create is refused while a registration stands whose session lives, and says which", async () => {
  const registry = await fixture().client();
  await startSession(registry, "s");
  const current = await stored(registry, entry("a", { session: "s" }));
  expect(await set(registry, entry("a"))).toEqual({ refused: "exists", current });
});

test("create takes over a registration that no session serves", async () => {
  const registry = await fixture().client();
  const first = await stored(registry, entry("a"));
  const second = await stored(registry, entry("a"));
  expect(second.epoch).toBeGreaterThan(first.epoch);
});

test("create takes over a registration whose session is gone", async () => {
  const registry = await fixture().client();
  const session = await startSession(registry, "s");
  await stored(registry, entry("a", BOUND));
  await registry.deleteMany([{ identity: session.identity, epoch: session.epoch }], CALL);
  expect(await set(registry, entry("a"))).toHaveProperty("stored");
});

test("create takes over a registration whose session has expired", async () => {
  const { client, clock } = fixture();
  const registry = await client();
  await startSession(registry, "s", 10_000);
  await stored(registry, entry("a", BOUND));
  clock.now += 9_999;
  expect(await set(registry, entry("a"))).toMatchObject({ refused: "exists" });
  clock.now += 1;
  expect(await set(registry, entry("a"))).toHaveProperty("stored");
});

test("replace takes over a live registration under a larger epoch, from revision 1", async () => {
  const registry = await fixture().client();
  await startSession(registry, "s");
  const first = await stored(registry, entry("a", { session: "s" }));
  await stored(registry, entry("a", { session: "s", mode: { epoch: first.epoch } }));
  const second = await stored(registry, entry("a", { mode: "replace" }));
  expect(second.epoch).toBeGreaterThan(first.epoch);
  expect(second.revision).toBe(1);
});

test("an update keeps epoch, registeredAt and expiry, and counts the revision", async () => {
  const { client, clock } = fixture();
  const registry = await client();
  const first = await stored(registry, entry("a", { ttlMs: 100 }));
  clock.now += 60;
  const update = entry("a", {
    metadata: { n: 2 },
    ttlMs: 500,
    session: "t",
    address: "x",
    mode: { epoch: first.epoch, revision: 1 },
  });
  const changes = {
    metadata: { n: 2 },
    ttlMs: 500,
    session: "t",
    address: "x",
    attempt: update.attempt,
    revision: 2,
  };
  expect(await stored(registry, update)).toEqual({ ...first, ...changes });
});

test("an update to session-bound takes the expiry away, and one from it starts the TTL", async () => {
  const { client, clock } = fixture();
  const registry = await client();
  await startSession(registry, "s");
  const { epoch } = await stored(registry, entry("a", { ttlMs: 100 }));
  clock.now += 60;
  const bound = await stored(registry, entry("a", { ttlMs: 100, ...BOUND, mode: { epoch } }));
  expect(bound.expiresAt).toBeUndefined();
  clock.now += 60;
  const free = await stored(registry, entry("a", { ttlMs: 100, mode: { epoch } }));
  expect(free.expiresAt).toBe(clock.now + 100);
});

test("an update of another epoch, of nothing and of the expired is fenced", async () => {
  const { client, clock } = fixture();
  const registry = await client();
  const current = await stored(registry, entry("a", { ttlMs: 100 }));
  const mode = { epoch: current.epoch };
  expect(await set(registry, entry("a", { mode: { epoch: current.epoch + 1 } }))).toEqual({
    refused: "fenced",
    current,
  });
  expect(await set(registry, entry("b", { mode }))).toEqual({ refused: "fenced" });
  clock.now += 100;
  expect(await set(registry, entry("a", { mode }))).toEqual({ refused: "fenced" });
});

test("an update of another revision is a conflict and changes nothing", async () => {
  const registry = await fixture().client();
  const current = await stored(registry, entry("a"));
  expect(await set(registry, entry("a", { mode: { epoch: current.epoch, revision: 2 } }))).toEqual({
    refused: "conflict",
    current,
  });
  expect(await get(registry, "a")).toEqual(current);
});

test("the same attempt again gets the same registration, in any mode, and stores nothing twice", async () => {
  const registry = await fixture().client();
  await startSession(registry, "s");
  const create = entry("a", { session: "s" });
  const first = await stored(registry, create);
  expect(await stored(registry, create)).toEqual(first);
  expect(await stored(registry, { ...create, mode: "replace" })).toEqual(first);
  const update = entry("a", { mode: { epoch: first.epoch, revision: 1 } });
  const updated = await stored(registry, update);
  expect(await stored(registry, update)).toEqual(updated);
});

test("metadata that its owner changes later stays as it was stored", async () => {
  const registry = await fixture().client();
  const metadata = { n: 1 };
  await set(registry, entry("a", { metadata }));
  metadata.n = 2;
  expect(await get(registry, "a")).toMatchObject({ metadata: { n: 1 } });
});

test("an epoch is never given twice, not even after everything about an identity is gone", async () => {
  const { client, clock } = fixture();
  const registry = await client();
  const epochs: number[] = [];
  for (let life = 0; life < 5; life++) {
    epochs.push((await stored(registry, entry("a", { ttlMs: 10 }))).epoch);
    clock.now += 10;
    for (let step = 0; step < 2; step++)
      await registry.confirmMany(await registry.reap({ limit: 9, claimMs: 1, graceMs: 0 }, CALL), CALL);
  }
  expect(epochs).toEqual([...new Set(epochs)].sort((a, b) => a - b));
});
