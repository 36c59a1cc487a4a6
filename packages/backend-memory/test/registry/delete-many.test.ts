import { entry } from "@muster/testing";
import { expect, test } from "vitest";
import { CALL, fixture, get, stored } from "../support.ts";

test("deleting removes at once, without a tombstone; twice is absent", async () => {
  const registry = await fixture().client();
  const { epoch } = await stored(registry, entry("a", { ttlMs: 1 }));
  expect(
    await registry.deleteMany(
      [
        { identity: "a", epoch },
        { identity: "a", epoch },
      ],
      CALL,
    ),
  ).toEqual(["deleted", "absent"]);
  expect(await registry.census(CALL)).toEqual({ counted: 0, expired: 0 });
});

test("deleting leaves nothing to reap", async () => {
  const { client, clock } = fixture();
  const registry = await client();
  const { epoch } = await stored(registry, entry("a", { ttlMs: 10 }));
  await registry.deleteMany([{ identity: "a", epoch }], CALL);
  clock.now += 1_000;
  expect(await registry.reap({ limit: 9, claimMs: 1, graceMs: 0 }, CALL)).toEqual([]);
});

test("another life is fenced, by epoch and by attempt", async () => {
  const registry = await fixture().client();
  const first = await stored(registry, entry("a"));
  const second = await stored(registry, entry("a", { mode: "replace" }));
  const keys = [
    { identity: "a", epoch: first.epoch },
    { identity: "a", attempt: first.attempt },
  ];
  expect(await registry.deleteMany(keys, CALL)).toEqual(["fenced", "fenced"]);
  expect(await get(registry, "a")).toEqual(second);
  expect(await registry.deleteMany([{ identity: "a", attempt: second.attempt }], CALL)).toEqual(["deleted"]);
});
