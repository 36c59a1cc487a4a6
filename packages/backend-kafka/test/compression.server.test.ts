/** Batches that somebody has compressed otherwise: brokers do, too, where their topic wants it. */

import { createRequire } from "node:module";
import { ConfigResourceTypes } from "kafkajs";
import { isMusterError } from "@muster/core/slots";
import { targets } from "@muster/testing/durability";
import { withServer } from "@muster/servers/vitest";
import { assert, describe, test } from "vitest";
import { partitionOf, topicOf } from "../src/keys.ts";
import { Foreigner } from "./foreign.ts";
import { attached, enqueued, openedQueues } from "./queues/support.ts";
import { arrive, callOf, eventually, message, opened, publish, reading, rejection } from "./support.ts";

const PARTITIONS = 2;
const SNAPPY = 2;
const addresses = Array.from({ length: 20 }, (_, index) => `sensor-${index}`);
const onPartition = (partition: number): string =>
  addresses.find((address) => partitionOf(Buffer.from(address), PARTITIONS) === partition) ?? "";

async function makeTopic(url: string, topic: string, codec: string): Promise<void> {
  await using foreign = await Foreigner.at(url);
  const configEntries = [{ name: "compression.type", value: codec }];
  await foreign.admin.createTopics({
    waitForLeaders: true,
    topics: [{ topic, numPartitions: PARTITIONS, configEntries }],
  });
}

await withServer("kafka", {}, ({ url }) => {
  describe.for(["snappy", "lz4", "zstd"])(
    "records that are compressed with %s, where there is no such codec",
    (codec) => {
      test("end an inbox that would have to read them, with the codec's name, and no other", async () => {
        const prefix = `live-${codec}`;
        await makeTopic(url, topicOf(prefix, "iot", "live"), codec);
        await using messaging = await opened({ url, prefix });
        const [one, other] = [onPartition(0), onPartition(1)];
        const [reader, elsewhere] = [await reading(messaging, [one]), await reading(messaging, [other])];
        await publish(messaging, message(one, "hello"));
        await eventually(() => assert.isDefined(reader.end));
        const error = reader.end?.error;
        assert.isTrue(isMusterError(error, "UNSUPPORTED"), String(error));
        assert.match(String(error), new RegExp(`\\b${codec}\\b.*CompressionCodecs`));
        assert.isUndefined(elsewhere.end);
      });

      test("are refused to whoever waits for them in a queue, with the codec's name", async () => {
        const prefix = `queue-${codec}`;
        await makeTopic(url, topicOf(prefix, "iot", "queue"), codec);
        await using sender = await openedQueues({ url, prefix });
        await enqueued(sender, "m-1", ["sensor-7"]);
        await using receiver = await openedQueues({ url, prefix });
        await attached(receiver, "s-1", ["sensor-7"]);
        using call = callOf();
        const dequeued = receiver.dequeue("s-1", { max: 10, waitMs: 5_000, leaseMs: 5_000, maxPerIdentity: 10 }, call);
        const error = await rejection(dequeued, "UNSUPPORTED");
        assert.match(error.message, new RegExp(`\\b${codec}\\b.*CompressionCodecs`));
      });
    },
  );

  test("positions that can't be read keep queues from opening, with the codec's name", async () => {
    await using first = await openedQueues({ url, prefix: "positions" });
    await using foreign = await Foreigner.at(url);
    const topic = topicOf("positions", "iot", "positions");
    const configEntries = [{ name: "compression.type", value: "zstd" }];
    await foreign.admin.alterConfigs({
      validateOnly: false,
      resources: [{ type: ConfigResourceTypes.TOPIC, name: topic, configEntries }],
    });
    using call = callOf();
    const [failure] = await first.attachMany("s-1", targets(["sensor-7"], 1), call);
    assert.isTrue(isMusterError(failure?.error, "UNSUPPORTED") && failure.error.mayHaveApplied, String(failure?.error));
    const error = await rejection(openedQueues({ url, prefix: "positions" }), "UNSUPPORTED");
    assert.match(error.message, /\bzstd\b.*CompressionCodecs/);
  });

  test("a codec that the user has put among those of kafkajs compresses and is read", async () => {
    const load = createRequire(import.meta.url);
    const { CompressionCodecs } = load("kafkajs") as { CompressionCodecs: Record<number, unknown> };
    const before = CompressionCodecs[SNAPPY];
    CompressionCodecs[SNAPPY] = load("kafkajs-snappy");
    try {
      await using messaging = await opened({ url, prefix: "plugged", compression: "snappy" });
      const reader = await reading(messaging, addresses);
      await publish(messaging, ...addresses.map((address) => message(address, address.repeat(50))));
      await eventually(() => assert.lengthOf(reader.texts, addresses.length));
      await using foreign = await Foreigner.at(url);
      const records = await foreign.read(topicOf("plugged", "iot", "live"), addresses.length);
      assert.sameMembers(
        records.map(({ text }) => text),
        addresses.map((address) => address.repeat(50)),
      );
    } finally {
      CompressionCodecs[SNAPPY] = before;
    }
  });

  test("gzip is there as it is", async () => {
    await makeTopic(url, topicOf("zipped", "iot", "live"), "gzip");
    await using messaging = await opened({ url, prefix: "zipped" });
    const reader = await reading(messaging, ["a"]);
    await publish(messaging, message("a", "hello"));
    await arrive(reader, "hello");
  });
});
