import { entry } from "@muster/testing";
import { expect, test } from "vitest";
import { CALL, fixture, scanIdentities, startSession, stored } from "../support.ts";

test("no scan, count, census or quota includes a session", async () => {
  const { client, clock } = fixture();
  const registry = await client({ maxIdentities: 1 });
  await startSession(registry, "s", 10);
  await startSession(registry, "t", 10_000);
  await stored(registry, entry("a", { session: "s" }));
  expect(await scanIdentities(registry)).toEqual(["a"]);
  expect(await scanIdentities(registry, { session: "s" })).toEqual(["a"]);
  expect(await registry.counts?.count(undefined, CALL)).toBe(1);
  clock.now += 10;
  expect(await registry.census(CALL)).toEqual({ counted: 1, expired: 0 });
});

test("sessions are renewed, and end in both steps, like any other", async () => {
  const { client, clock } = fixture();
  const registry = await client();
  const { identity, epoch } = await startSession(registry, "s", 10);
  expect(await registry.renewMany([{ identity, epoch }], CALL)).toEqual([clock.now + 10]);
  clock.now += 10;
  const expired = await registry.reap({ limit: 9, claimMs: 1, graceMs: 0 }, CALL);
  expect(expired).toMatchObject([{ step: "expired", registration: { identity } }]);
  await registry.confirmMany(expired, CALL);
  expect(await registry.reap({ limit: 9, claimMs: 1, graceMs: 0 }, CALL)).toMatchObject([
    { step: "over", registration: { identity } },
  ]);
});
