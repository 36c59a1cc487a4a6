import { expect, test } from "vitest";
import { shardOf } from "../../src/slots/index.ts";

const SHARDS = 16;

test("where an identity's messages lie is what it was in every release", () => {
  const identities = ["a", "b", "device-1", "device-2", "Ünïcødé", "🙂", "zone/7/lamp", "$session/x"];
  expect(identities.map((identity) => shardOf(identity, SHARDS))).toEqual([4, 13, 5, 12, 13, 12, 1, 2]);
});

test("identities that differ in little spread over all shards, give or take a fifth", () => {
  for (const prefix of ["", "device-", "urn:uuid:00000000-0000-"]) {
    const sizes = Array.from({ length: SHARDS }, () => 0);
    for (let index = 0; index < 16_000; index += 1) {
      const shard = shardOf(`${prefix}${index}`, SHARDS);
      sizes[shard] = (sizes[shard] ?? 0) + 1;
    }
    for (const size of sizes) expect(Math.abs(size - 1_000)).toBeLessThan(200);
  }
});
