import { entry } from "@muster/testing";
import { expect, test } from "vitest";
import { CALL, fixture, get, startSession, stored } from "../support.ts";

const BOUND = { session: "s", sessionBound: true } as const;

test("a record with an expiry of its own lives the stored TTL from now", async () => {
  const { client, clock } = fixture();
  const registry = await client();
  const { epoch, ...rest } = await stored(registry, entry("a", { ttlMs: 100 }));
  clock.now += 60;
  expect(await registry.renewMany([{ identity: "a", epoch }], CALL)).toEqual([clock.now + 100]);
  expect(await get(registry, "a")).toEqual({ ...rest, epoch, expiresAt: clock.now + 100 });
});

test("a TTL given is used and stored", async () => {
  const { client, clock } = fixture();
  const registry = await client();
  const { epoch } = await stored(registry, entry("a", { ttlMs: 100 }));
  expect(await registry.renewMany([{ identity: "a", epoch, ttlMs: 20 }], CALL)).toEqual([clock.now + 20]);
  expect(await registry.renewMany([{ identity: "a", epoch }], CALL)).toEqual([clock.now + 20]);
});

test("a session-bound record is only looked at, and what never ends answers never", async () => {
  const registry = await fixture().client();
  await startSession(registry, "s");
  const bound = await stored(registry, entry("a", { ttlMs: 100, ...BOUND }));
  const eternal = await stored(registry, entry("b"));
  expect(
    await registry.renewMany(
      [bound, eternal].map(({ identity, epoch }) => ({ identity, epoch })),
      CALL,
    ),
  ).toEqual(["never", "never"]);
  expect(await get(registry, "a")).toEqual(bound);
  await registry.renewMany([{ identity: "a", epoch: bound.epoch, ttlMs: 7 }], CALL);
  expect(await get(registry, "a")).toEqual({ ...bound, ttlMs: 7 });
});

test("a stamp makes a session-bound record expire by itself, and renewable from then on", async () => {
  const { client, clock } = fixture();
  const registry = await client();
  await startSession(registry, "s");
  const { epoch } = await stored(registry, entry("a", { ttlMs: 100, ...BOUND }));
  const expiresAt = clock.now + 40;
  expect(await registry.renewMany([{ identity: "a", epoch, expiresAt }], CALL)).toEqual([expiresAt]);
  expect(await registry.renewMany([{ identity: "a", epoch }], CALL)).toEqual([clock.now + 100]);
});

test("a stamp never makes a record expire earlier than it already would", async () => {
  const { client, clock } = fixture();
  const registry = await client();
  const mortal = await stored(registry, entry("a", { ttlMs: 100 }));
  const eternal = await stored(registry, entry("b"));
  const expiresAt = clock.now + 40;
  const leases = [mortal, eternal].map(({ identity, epoch }) => ({ identity, epoch, expiresAt }));
  expect(await registry.renewMany(leases, CALL)).toEqual([clock.now + 100, "never"]);
});

test("a stamp in the past ends a record at once", async () => {
  const { client, clock } = fixture();
  const registry = await client();
  await startSession(registry, "s");
  const { epoch } = await stored(registry, entry("a", { ttlMs: 100, ...BOUND }));
  await registry.renewMany([{ identity: "a", epoch, expiresAt: clock.now - 1 }], CALL);
  expect(await get(registry, "a")).toBeUndefined();
  expect(await registry.reap({ limit: 1, claimMs: 1, graceMs: 0 }, CALL)).toHaveLength(1);
});

test("another epoch is fenced, an unknown identity absent", async () => {
  const registry = await fixture().client();
  const { epoch } = await stored(registry, entry("a"));
  expect(
    await registry.renewMany(
      [
        { identity: "a", epoch: epoch + 1 },
        { identity: "b", epoch },
      ],
      CALL,
    ),
  ).toEqual(["fenced", "absent"]);
});
