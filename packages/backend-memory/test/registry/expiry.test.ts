import { entry } from "@muster/testing";
import { expect, test } from "vitest";
import { CALL, fixture, get, scanIdentities, stored } from "../support.ts";

test("a record is live to its last millisecond and then returned by nothing", async () => {
  const { client, clock } = fixture();
  const registry = await client();
  const { epoch } = await stored(registry, entry("a", { ttlMs: 50 }));
  clock.now += 49;
  expect(await get(registry, "a")).toBeDefined();
  clock.now += 1;
  expect(await get(registry, "a")).toBeUndefined();
  expect(await scanIdentities(registry)).toEqual([]);
  expect(await registry.counts?.count(undefined, CALL)).toBe(0);
  expect(await registry.renewMany([{ identity: "a", epoch }], CALL)).toEqual(["absent"]);
  expect(await registry.deleteMany([{ identity: "a", epoch }], CALL)).toEqual(["absent"]);
  expect(await registry.census(CALL)).toEqual({ counted: 1, expired: 1 });
});
