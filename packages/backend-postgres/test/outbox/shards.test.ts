import { expect, test } from "vitest";
import { SHARDS, shardOf } from "../../src/outbox/shards.ts";
import { numbered } from "../queues/support.ts";

test("where an identity's messages lie is what it was in every release", () => {
  const identities = ["a", "b", "device-1", "device-2", "Ünïcødé", "🙂", "zone/7/lamp", "$session/x"];
  expect(identities.map(shardOf)).toEqual([4, 13, 5, 12, 13, 12, 1, 2]);
});

test("identities that differ in little spread over all shards, give or take a fifth", () => {
  for (const prefix of ["", "device-", "urn:uuid:00000000-0000-"]) {
    const sizes = Array.from({ length: SHARDS }, () => 0);
    for (const identity of numbered(16_000, prefix)) sizes[shardOf(identity)] = (sizes[shardOf(identity)] ?? 0) + 1;
    for (const size of sizes) expect(Math.abs(size - 1_000)).toBeLessThan(200);
  }
});
