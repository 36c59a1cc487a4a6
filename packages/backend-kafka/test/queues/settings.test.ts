import { isMusterError } from "@muster/core/slots";
import { assert, describe, test } from "vitest";
import { kafkaDurability } from "../../src/index.ts";

function violationsOf(options: object): readonly string[] {
  try {
    kafkaDurability(options);
    return [];
  } catch (error) {
    if (!isMusterError(error, "CONFIG_INVALID")) throw error;
    return error.detail?.violations.map(({ path }) => path) ?? [];
  }
}

describe("options of queues", () => {
  test("what can't be meant is named, each by itself", () => {
    assert.deepEqual(violationsOf({}), []);
    assert.deepEqual(violationsOf({ shards: 4, retentionMs: 60_000, prefix: "a.b" }), []);
    assert.deepEqual(violationsOf({ shards: 0, retentionMs: 0.5, partitions: 3, url: "amqp://x" }).toSorted(), [
      "partitions",
      "retentionMs",
      "shards",
      "url",
    ]);
  });

  test("the longest TTL is what the log keeps", () => {
    assert.equal(kafkaDurability({ retentionMs: 60_000 }).traits.maxTtlMs, 60_000);
    assert.equal(kafkaDurability().traits.maxTtlMs, 7 * 86_400_000);
  });
});
