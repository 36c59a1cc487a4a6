import fc from "fast-check";
import { Partitioners } from "kafkajs";
import { assert, describe, test } from "vitest";
import { partitionOf, topicOf } from "../src/keys.ts";

const namespaces = fc.stringMatching(/^[A-Za-z0-9_.-]{1,64}$/);
/** What Kafka counts as one and the same where it counts topics. */
const inMetrics = (topic: string): string => topic.replaceAll(".", "_");

describe("the topic of a namespace", () => {
  test("spells out what brokers don't take literally", () => {
    assert.equal(topicOf("muster", "iot", "live"), "muster.iot.live");
    assert.equal(topicOf("a.b", "x_y.z", "live"), "a.b.x_5fy_2ez.live");
  });

  test("is of what a topic's name may have, and no longer", () => {
    const longest = topicOf("p".repeat(64), ".".repeat(64), "live");
    assert.match(longest, /^[A-Za-z0-9._-]{1,249}$/);
    assert.notEqual(longest, topicOf("p".repeat(64), `${".".repeat(63)}-`, "live"));
  });

  test("is of no other namespace, not even where dots and underscores are one", () => {
    fc.assert(
      fc.property(namespaces, namespaces, (one, other) => {
        fc.pre(one !== other);
        assert.notEqual(inMetrics(topicOf("muster", one, "live")), inMetrics(topicOf("muster", other, "live")));
      }),
    );
  });
});

describe("the partition of an address", () => {
  test("is where the partitioner of kafkajs and of Java puts the key", () => {
    const partitioner = Partitioners.DefaultPartitioner();
    fc.assert(
      fc.property(fc.string({ unit: "grapheme", minLength: 1 }), fc.integer({ min: 1, max: 64 }), (key, count) => {
        const partitionMetadata = Array.from({ length: count }, (_, partitionId) => ({
          ...{ partitionErrorCode: 0, partitionId, leader: 1, replicas: [1], isr: [1] },
        }));
        const expected = partitioner({ topic: "t", partitionMetadata, message: { key, value: null } });
        assert.equal(partitionOf(Buffer.from(key), count), expected);
      }),
    );
  });
});
