import { withKafkaCluster } from "@muster/servers/vitest";
import { assert, beforeEach, describe, test } from "vitest";
import { topicOf } from "../src/keys.ts";
import { Foreigner } from "./foreign.ts";
import { callOf, eventually, failuresOf, Load, message, opened, publish, reading } from "./support.ts";

/** Brokers take some seconds to start. */
const UNHURRIED = { timeout: 90_000 };
const GIVEN_UP_MS = 30_000;
const BATCH = 64;

await withKafkaCluster({}, ({ nodes, urls }) => {
  const controls = nodes.flatMap(({ control }) => control ?? []);

  /** By its place among the nodes: the broker that most addresses depend on. */
  async function leaderIn(prefix: string): Promise<number> {
    await using foreign = await Foreigner.at(urls[0] ?? "");
    const { topics } = await foreign.admin.fetchTopicMetadata({ topics: [topicOf(prefix, "iot", "live")] });
    // Not every broker tells of them in their order.
    const first = topics[0]?.partitions.find(({ partitionId }) => partitionId === 0);
    return (first?.leader ?? 1) - 1;
  }

  describe.skipIf(controls.length === 0)("three brokers, under load", UNHURRIED, () => {
    beforeEach(async () => {
      for (const control of controls) await control.start();
      await using foreign = await eventually(() => Foreigner.at(urls[0] ?? ""), GIVEN_UP_MS);
      await eventually(async () => assert.lengthOf((await foreign.admin.describeCluster()).brokers, 3), GIVEN_UP_MS);
    }, UNHURRIED.timeout);

    test("a topic is kept by all three, and what is accepted by two", async () => {
      await using _ = await opened({ url: urls, prefix: "kept" });
      await using foreign = await Foreigner.at(urls[0] ?? "");
      const topic = topicOf("kept", "iot", "live");
      const { topics } = await foreign.admin.fetchTopicMetadata({ topics: [topic] });
      assert.deepEqual(
        topics[0]?.partitions.map(({ replicas }) => replicas.length),
        [3, 3],
      );
      const { resources } = await foreign.admin.describeConfigs({
        includeSynonyms: false,
        resources: [{ type: 2, name: topic, configNames: ["min.insync.replicas"] }],
      });
      assert.equal(resources[0]?.configEntries[0]?.configValue, "2");
    });

    test("the one that leads dies: another does, nothing that was accepted is lost, and nothing comes twice", async () => {
      await using sender = await opened({ url: urls, prefix: "dies" });
      await using receiver = await opened({ url: urls.toReversed(), prefix: "dies" });
      const readers = [await reading(receiver, ["a"]), await reading(receiver, ["b"])];
      const load = new Load(sender, ["a", "b"]);
      await load.goOn(10 * BATCH);
      await controls[await leaderIn("dies")]?.kill();
      await eventually(() => assert.isAbove(load.errors.length, 0), GIVEN_UP_MS);
      await load.goOn(10 * BATCH, GIVEN_UP_MS);
      await load.end();
      await load.check(readers, 0);
      assert.deepEqual([...load.codes], ["UNAVAILABLE"]);
      for (const { routes } of readers) assert.notEqual(routes.at(-1), "down");
    });

    test("the one that leads stands still: it is left, and nothing that was accepted is lost", async () => {
      const patience = { requestTimeoutMs: 1_000, connectTimeoutMs: 500 };
      await using sender = await opened({ url: urls, prefix: "frozen", ...patience });
      await using receiver = await opened({ url: urls, prefix: "frozen", ...patience });
      const readers = [await reading(receiver, ["a"]), await reading(receiver, ["b"])];
      const load = new Load(sender, ["a", "b"]);
      await load.goOn(10 * BATCH);
      const leader = controls[await leaderIn("frozen")];
      await leader?.freeze();
      try {
        await eventually(() => assert.isAbove(load.errors.length, 0), GIVEN_UP_MS);
        await load.goOn(10 * BATCH, GIVEN_UP_MS);
      } finally {
        await leader?.thaw();
      }
      await load.goOn(10 * BATCH, GIVEN_UP_MS);
      await load.end();
      await load.check(readers, 0);
    });

    test("two die: the third accepts nothing, and when they are back all goes on where it was", async () => {
      await using sender = await opened({ url: urls, prefix: "minority" });
      await using receiver = await opened({ url: urls, prefix: "minority" });
      const reader = await reading(receiver, ["a"]);
      await publish(sender, message("a", "before"));
      await controls[0]?.kill();
      await controls[1]?.kill();
      const failures = await failuresOf(sender, [message("a", "meanwhile")], callOf(3_000));
      assert.include(["UNAVAILABLE", "TIMEOUT"], failures.get(0)?.code);
      await controls[0]?.start();
      await controls[1]?.start();
      await eventually(() => publish(sender, message("a", "again")), GIVEN_UP_MS);
      await eventually(() => assert.include(reader.texts, "again"), GIVEN_UP_MS);
      assert.equal(reader.texts.filter((text) => text === "before").length, 1);
      await eventually(() => assert.notEqual(reader.routes.at(-1), "down"), GIVEN_UP_MS);
    });
  });
});
