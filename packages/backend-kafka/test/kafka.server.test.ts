import { setTimeout as wait } from "node:timers/promises";
import { withServer } from "@muster/servers/vitest";
import { assert, describe, test } from "vitest";
import { partitionOf, topicOf } from "../src/keys.ts";
import { Foreigner } from "./foreign.ts";
import { arrive, callOf, eventually, failuresOf, message, opened, publish, reading, rejection } from "./support.ts";

const IDLE_MS = 1_000;
/** Shorter than anybody has: a client that nothing was asked of for a moment has lost its connection. */
const IMPATIENT = [`connections.max.idle.ms=${IDLE_MS}`];

const numbers = (count: number, from = 0): readonly string[] =>
  Array.from({ length: count }, (_, index) => String(from + index));

await withServer("kafka", { arguments: IMPATIENT }, ({ url }) => {
  describe("on the wire", () => {
    test("a foreign consumer reads key, headers and body", async () => {
      await using messaging = await opened({ url, prefix: "foreign" });
      const headers = { "content-type": "text/plain", "muster-id": "m-1", "muster-identity": " caf\u00e9 " };
      await publish(messaging, message("sensor-7", "on", headers), message("a.b *"));
      await using foreign = await Foreigner.at(url);
      const records = await foreign.read(topicOf("foreign", "iot", "live"), 2);
      assert.deepInclude(records, { key: "sensor-7", text: "on", headers });
      assert.deepInclude(records, { key: "a.b *", text: "", headers: {} });
    });

    test("what a foreign producer sends under an address arrives, with its headers in lower case", async () => {
      await using messaging = await opened({ url, prefix: "sender", partitions: 5 });
      const addresses = numbers(20).map((number) => `sensor-${number}`);
      const reader = await reading(messaging, addresses);
      await using foreign = await Foreigner.at(url);
      const topic = topicOf("sender", "iot", "live");
      const messages = addresses.map((key) => ({ key, value: key, headers: { "X-Share": ["50", "100"], empty: "" } }));
      await foreign.producer.send({ topic, messages });
      await eventually(() => assert.sameMembers([...reader.texts], addresses));
      for (const delivery of reader.deliveries) assert.deepEqual({ ...delivery.headers }, { "x-share": "100" });
    });

    test("what is in the log and no message of ours holds nothing up", async () => {
      await using messaging = await opened({ url, prefix: "odd", partitions: 1 });
      const reader = await reading(messaging, ["a"]);
      await using foreign = await Foreigner.at(url);
      const topic = topicOf("odd", "iot", "live");
      await foreign.producer.send({ topic, messages: [{ value: "no key" }, { key: "a", value: null }] });
      const transactional = foreign.kafka.producer({
        transactionalId: "odd",
        maxInFlightRequests: 1,
        idempotent: true,
      });
      await transactional.connect();
      const transaction = await transactional.transaction();
      await transaction.send({ topic, messages: [{ key: "a", value: "in a transaction" }] });
      await transaction.commit();
      await transactional.disconnect();
      await publish(messaging, message("a", "after"));
      await arrive(reader, "", "in a transaction", "after");
    });

    test.for(["none", "gzip"] as const)("compression %s: what is sent arrives", async (compression) => {
      await using messaging = await opened({ url, prefix: `compressed-${compression}`, compression });
      const reader = await reading(messaging, ["a"]);
      await publish(messaging, ...numbers(100).map((text) => message("a", text.repeat(100), { n: text })));
      await arrive(reader, ...numbers(100).map((text) => text.repeat(100)));
      assert.equal(reader.deliveries[99]?.headers["n"], "99");
    });
  });

  test("a topic is made as the options say, and one that is there stays as it is", async () => {
    await using _ = await opened({ url, prefix: "made", partitions: 3, replicationFactor: 1, retentionMs: 60_000 });
    await using __ = await opened({ url, prefix: "made", partitions: 5, retentionMs: 1 });
    await using foreign = await Foreigner.at(url);
    const topic = topicOf("made", "iot", "live");
    const { topics } = await foreign.admin.fetchTopicMetadata({ topics: [topic] });
    assert.lengthOf(topics[0]?.partitions ?? [], 3);
    const configNames = ["cleanup.policy", "retention.ms", "segment.ms"];
    const { resources } = await foreign.admin.describeConfigs({
      includeSynonyms: false,
      resources: [{ type: 2, name: topic, configNames }],
    });
    const entries = resources[0]?.configEntries.map(({ configName, configValue }) => [configName, configValue]) ?? [];
    assert.deepEqual(Object.fromEntries(entries), {
      ...{ "cleanup.policy": "delete", "retention.ms": "60000", "segment.ms": "60000" },
    });
  });

  describe("sizes", () => {
    test("a topic that takes little says so in its trait, before anything is sent", async () => {
      await using foreign = await Foreigner.at(url);
      const configEntries = [{ name: "max.message.bytes", value: "20000" }];
      const topic = topicOf("small", "iot", "live");
      await foreign.admin.createTopics({ waitForLeaders: true, topics: [{ topic, numPartitions: 3, configEntries }] });
      await using messaging = await opened({ url, prefix: "small" });
      const { maxPayloadBytes } = messaging.traits;
      assert.equal(maxPayloadBytes, 20_000 - 8_192);
      const reader = await reading(messaging, ["a", "b"]);
      using call = callOf();
      const tooLarge = message("a", new Uint8Array(maxPayloadBytes + 1));
      await rejection(messaging.publishMany([message("a"), tooLarge], call), "PAYLOAD_TOO_LARGE");
      const bodies = numbers(12).map((number) => new Uint8Array(maxPayloadBytes - 100).fill(Number(number)));
      await publish(messaging, ...bodies.map((body, index) => message(index % 2 === 0 ? "a" : "b", body)));
      await eventually(() => assert.lengthOf(reader.deliveries, 12));
      for (const address of ["a", "b"]) {
        const got = reader.deliveries.filter((one) => one.address === address).map(({ body }) => body[0] ?? -1);
        assert.deepEqual(
          got,
          got.toSorted((a, b) => a - b),
        );
      }
    });

    test("what a topic refuses although it was small enough when it was opened fails by itself", async () => {
      await using messaging = await opened({ url, prefix: "shrunk", partitions: 2 });
      const apart =
        numbers(10).find((one) => partitionOf(Buffer.from(one), 2) !== partitionOf(Buffer.from("a"), 2)) ?? "";
      await using foreign = await Foreigner.at(url);
      const resource = { type: 2, name: topicOf("shrunk", "iot", "live") };
      const configEntries = [{ name: "max.message.bytes", value: "1000" }];
      await foreign.admin.alterConfigs({ validateOnly: false, resources: [{ ...resource, configEntries }] });
      const failures = await eventually(async () => {
        const found = await failuresOf(messaging, [message("a", "x".repeat(2_000)), message(apart, "small")]);
        assert.deepEqual([...found.keys()], [0]);
        return found;
      });
      assert.deepEqual([failures.get(0)?.code, failures.get(0)?.mayHaveApplied], ["INVALID_ARGUMENT", false]);
    });

    test("the longest prefix, namespace and addresses", async () => {
      const prefix = "p".repeat(64);
      await using messaging = await opened({ url, prefix }, "n".repeat(64));
      await using other = await opened({ url, prefix }, ".".repeat(64));
      const addresses = ["a".repeat(256), `${"a".repeat(255)}b`, "\u{1f600}".repeat(64)];
      const [reader, stranger] = [await reading(messaging, addresses), await reading(other, addresses)];
      for (const address of addresses) await publish(messaging, message(address, address));
      await publish(other, message(addresses[0] ?? "", "apart"));
      await arrive(stranger, "apart");
      await eventually(() => assert.sameMembers([...reader.texts], addresses));
    });
  });

  describe("listening", () => {
    test("beside somebody who publishes without pause nothing is missed from the moment adding has resolved", async () => {
      await using sender = await opened({ url, prefix: "beside" });
      await using messaging = await opened({ url, prefix: "beside" });
      let isOver = false;
      let sent = 0;
      const sending = (async () => {
        for (; !isOver; sent += 1) await publish(sender, message("a", String(sent)));
      })();
      for (let round = 0; round < 5; round += 1) {
        const reader = await reading(messaging, ["a"]);
        const first = sent + 1; // The one under way may have been accepted before.
        await eventually(() => assert.isAbove(sent, first + 50));
        await eventually(() => assert.include(reader.texts, String(first + 50)));
        assert.includeMembers([...reader.texts], [...numbers(50, first)]);
        assert.deepEqual(reader.texts, numbers(reader.texts.length, Number(reader.texts[0])));
        await reader.inbox[Symbol.asyncDispose]();
      }
      isOver = true;
      await sending;
    });

    test("there is no consumer group, and nobody notices who comes and goes", async () => {
      await using messaging = await opened({ url, prefix: "groups" });
      const reader = await reading(messaging, ["a"]);
      for (let round = 0; round < 3; round += 1) {
        await using peer = await opened({ url, prefix: "groups" });
        await reading(peer, ["a", "b"]);
        await publish(peer, message("a", String(round)));
      }
      await arrive(reader, ...numbers(3));
      assert.deepEqual(reader.routes, []);
      await using foreign = await Foreigner.at(url);
      const { groups } = await foreign.admin.listGroups();
      assert.deepEqual(
        groups.filter(({ groupId }) => !groupId.startsWith("foreign-")),
        [],
      );
    });

    test("an inbox that stalled gets all of it once it is read, in order, and keeps little here meanwhile", async () => {
      await using messaging = await opened({ url, prefix: "stalled", partitions: 1 });
      using call = callOf(30_000);
      const inbox = await messaging.openInbox({ prefetch: 16 }, call);
      assert.deepEqual(await inbox.addMany(["a"], call), []);
      const texts = numbers(20_000);
      for (let at = 0; at < texts.length; at += 4_000) {
        await publish(messaging, ...texts.slice(at, at + 4_000).map((text) => message("a", text)));
      }
      const got: string[] = [];
      for await (const page of inbox) {
        assert.isAtMost(page.length, 16);
        got.push(...page.map(({ body }) => Buffer.from(body).toString()));
        if (got.length === texts.length) break;
      }
      assert.deepEqual(got, texts);
    });

    test("a connection that the broker has closed because nothing was asked is made again", async () => {
      await using messaging = await opened({ url, prefix: "idle" });
      const reader = await reading(messaging, ["a"]);
      for (let round = 0; round < 2; round += 1) {
        await wait(2 * IDLE_MS);
        await Promise.all(numbers(4).map(() => publish(messaging, message("a"))));
      }
      await eventually(() => assert.lengthOf(reader.deliveries, 8));
      assert.deepEqual(reader.routes, []);
    });
  });
});
