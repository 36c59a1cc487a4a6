import type { ReapClaim, RegistryBackend } from "@muster/core/slots";
import { entry } from "@muster/testing";
import { expect, test } from "vitest";
import { CALL, fixture, get, set, startSession, stored } from "../support.ts";

async function reap(
  registry: RegistryBackend,
  options: Partial<Parameters<RegistryBackend["reap"]>[0]> = {},
): Promise<readonly ReapClaim[]> {
  return registry.reap({ limit: 100, claimMs: 1_000, graceMs: 5_000, ...options }, CALL);
}

function names(claims: readonly ReapClaim[]): readonly string[] {
  return claims.map(({ registration, step }) => `${registration.identity} ${step}`);
}

test("nothing is due before its time", async () => {
  const { client, clock } = fixture();
  const registry = await client();
  await startSession(registry, "s");
  const bound = entry("c", { ttlMs: 50, session: "s", sessionBound: true });
  await registry.setMany([entry("a", { ttlMs: 50 }), entry("b"), bound], CALL);
  clock.now += 49;
  expect(await reap(registry)).toEqual([]);
  clock.now += 1;
  expect(names(await reap(registry))).toEqual(["a expired"]);
});

test("due steps are claimed oldest first, up to the limit", async () => {
  const { client, clock } = fixture();
  const registry = await client();
  await registry.setMany([entry("c", { ttlMs: 30 }), entry("a", { ttlMs: 10 }), entry("b", { ttlMs: 20 })], CALL);
  clock.now += 100;
  expect(names(await reap(registry, { limit: 2 }))).toEqual(["a expired", "b expired"]);
  expect(names(await reap(registry, { limit: 2 }))).toEqual(["c expired"]);
});

test("a claim is the claimer's alone, and comes back after claimMs", async () => {
  const { client, clock } = fixture();
  const [one, other] = [await client(), await client()];
  await set(one, entry("a", { ttlMs: 10 }));
  clock.now += 10;
  expect(names(await reap(one, { claimMs: 100 }))).toEqual(["a expired"]);
  clock.now += 99;
  expect(await reap(other)).toEqual([]);
  clock.now += 1;
  expect(names(await reap(other))).toEqual(["a expired"]);
});

test("a claim that comes back is the oldest again", async () => {
  const { client, clock } = fixture();
  const registry = await client();
  await registry.setMany([entry("a", { ttlMs: 10 }), entry("b", { ttlMs: 20 })], CALL);
  clock.now += 10;
  await reap(registry, { claimMs: 50 });
  clock.now += 100;
  expect(names(await reap(registry, { limit: 1 }))).toEqual(["a expired"]);
});

test("over is due graceMs after expired was confirmed, and never while that is unconfirmed", async () => {
  const { client, clock } = fixture();
  const registry = await client();
  await set(registry, entry("a", { ttlMs: 10 }));
  clock.now += 10;
  const claims = await reap(registry, { claimMs: 100_000 });
  clock.now += 50_000;
  expect(await reap(registry, { graceMs: 0 })).toEqual([]);
  await registry.confirmMany(claims, CALL);
  clock.now += 4_999;
  expect(await reap(registry)).toEqual([]);
  clock.now += 1;
  expect(names(await reap(registry))).toEqual(["a over"]);
});

test("without grace both steps follow each other, and then there is nothing", async () => {
  const { client, clock } = fixture();
  const registry = await client();
  const registration = await stored(registry, entry("a", { ttlMs: 10 }));
  clock.now += 10;
  for (const step of ["expired", "over"]) {
    const claims = await reap(registry, { graceMs: 0 });
    expect(claims).toEqual([{ registration, step }]);
    await registry.confirmMany(claims, CALL);
  }
  clock.now += 1_000_000;
  expect(await reap(registry, { graceMs: 0 })).toEqual([]);
});

test("an unconfirmed over comes back too", async () => {
  const { client, clock } = fixture();
  const registry = await client();
  await set(registry, entry("a", { ttlMs: 10 }));
  clock.now += 10;
  await registry.confirmMany(await reap(registry), CALL);
  clock.now += 5_000;
  expect(names(await reap(registry, { claimMs: 10 }))).toEqual(["a over"]);
  clock.now += 10;
  expect(names(await reap(registry))).toEqual(["a over"]);
});

test("steps of both kinds are handed out in the order they became due", async () => {
  const { client, clock } = fixture();
  const registry = await client();
  await set(registry, entry("first", { ttlMs: 10 }));
  await set(registry, entry("second", { ttlMs: 30 }));
  clock.now += 10;
  await registry.confirmMany(await reap(registry), CALL);
  clock.now += 100;
  expect(names(await reap(registry, { graceMs: 5 }))).toEqual(["first over", "second expired"]);
});

test("confirming twice, or after the claim came back and was confirmed by another, does nothing more", async () => {
  const { client, clock } = fixture();
  const registry = await client();
  await set(registry, entry("a", { ttlMs: 10 }));
  clock.now += 10;
  const claims = await reap(registry, { claimMs: 10 });
  clock.now += 10;
  const again = await reap(registry);
  await registry.confirmMany(again, CALL);
  clock.now += 3_000;
  await registry.confirmMany(claims, CALL);
  clock.now += 2_000;
  expect(names(await reap(registry))).toEqual(["a over"]);
});

test("a late confirmation of a claim that came back still counts", async () => {
  const { client, clock } = fixture();
  const registry = await client();
  await set(registry, entry("a", { ttlMs: 10 }));
  clock.now += 10;
  const claims = await reap(registry, { claimMs: 10 });
  clock.now += 10;
  await registry.confirmMany(claims, CALL);
  expect(await reap(registry)).toEqual([]);
});

test.each(["create", "replace"] as const)(
  "registering (%s) over an expired record voids the claim on it",
  async (mode) => {
    const { client, clock } = fixture();
    const registry = await client();
    await set(registry, entry("a", { ttlMs: 10 }));
    clock.now += 10;
    const claims = await reap(registry);
    const successor = await stored(registry, entry("a", { mode }));
    await registry.confirmMany(claims, CALL);
    expect(await get(registry, "a")).toEqual(successor);
    clock.now += 100_000;
    expect(await reap(registry)).toEqual([]);
  },
);

test.each(["expired", "over"] as const)(
  "a claim on a former life never ends the step %s of its successor",
  async (step) => {
    const { client, clock } = fixture();
    const registry = await client();
    const claims: ReapClaim[] = [];
    for (let life = 0; life < 2; life++) {
      await set(registry, entry("a", { ttlMs: 10 }));
      clock.now += 10;
      if (step === "over") await registry.confirmMany(await reap(registry), CALL);
      clock.now += 5_000;
      if (life === 0) claims.push(...(await reap(registry)));
    }
    expect(names(claims)).toEqual([`a ${step}`]);
    await registry.confirmMany(claims, CALL);
    expect(names(await reap(registry, { graceMs: 0 }))).toEqual([`a ${step}`]);
  },
);

test("registering over a tombstone voids the claim on it", async () => {
  const { client, clock } = fixture();
  const registry = await client();
  await set(registry, entry("a", { ttlMs: 10 }));
  clock.now += 10;
  await registry.confirmMany(await reap(registry), CALL);
  clock.now += 5_000;
  const claims = await reap(registry);
  const successor = await stored(registry, entry("a"));
  await registry.confirmMany(claims, CALL);
  expect(await get(registry, "a")).toEqual(successor);
});

test("a renewed record is not due at its old time", async () => {
  const { client, clock } = fixture();
  const registry = await client();
  const { epoch } = await stored(registry, entry("a", { ttlMs: 10 }));
  clock.now += 9;
  await registry.renewMany([{ identity: "a", epoch }], CALL);
  clock.now += 9;
  expect(await reap(registry)).toEqual([]);
  clock.now += 1;
  expect(names(await reap(registry))).toEqual(["a expired"]);
});

test("a tombstone can be neither read, renewed, updated nor deleted", async () => {
  const { client, clock } = fixture();
  const registry = await client();
  const { epoch } = await stored(registry, entry("a", { ttlMs: 10 }));
  clock.now += 10;
  await registry.confirmMany(await reap(registry), CALL);
  expect(await get(registry, "a")).toBeUndefined();
  expect(await registry.renewMany([{ identity: "a", epoch }], CALL)).toEqual(["absent"]);
  expect(await registry.deleteMany([{ identity: "a", epoch }], CALL)).toEqual(["absent"]);
  expect(await set(registry, entry("a", { mode: { epoch } }))).toEqual({ refused: "fenced" });
});
