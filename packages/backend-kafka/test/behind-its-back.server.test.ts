import { withServer } from "@muster/servers/vitest";
import { assert, describe, test } from "vitest";
import { topicOf } from "../src/keys.ts";
import { Foreigner } from "./foreign.ts";
import { callOf, eventually, failuresOf, message, opened, publish, reading } from "./support.ts";

/** A client looks again after the partitions of its topic every five seconds. */
const UNHURRIED = { timeout: 20_000 };

const numbers = (count: number): readonly string[] => Array.from({ length: count }, (_, index) => String(index));

await withServer("kafka", {}, ({ url }) => {
  describe("what others do to a broker", () => {
    test("a topic that was deleted is there again, and what is accepted from then on arrives", async () => {
      await using sender = await opened({ url, prefix: "deleted" });
      await using messaging = await opened({ url, prefix: "deleted" });
      const reader = await reading(messaging, ["a", "b", "c"]);
      await publish(sender, message("a", "1"), message("a", "2"), message("b", "3"), message("c", "4"));
      await eventually(() => assert.lengthOf(reader.deliveries, 4));
      await using foreign = await Foreigner.at(url);
      await foreign.admin.deleteTopics({ topics: [topicOf("deleted", "iot", "live")] });
      const accepted: string[] = [];
      for (let sent = 10; accepted.length < 50; sent += 1) {
        const failures = await failuresOf(sender, [message("a", String(sent))]);
        if (failures.size === 0) accepted.push(String(sent));
        else assert.deepEqual([failures.get(0)?.code, failures.get(0)?.mayHaveApplied], ["UNAVAILABLE", false]);
      }
      await eventually(() => assert.includeMembers([...reader.texts], accepted));
      assert.deepEqual(reader.texts.slice(4), accepted);
      assert.deepEqual(reader.routes, ["down", "up"]);
    });

    test(
      "a topic that was made anew with other partitions has the addresses where they belong",
      UNHURRIED,
      async () => {
        await using messaging = await opened({ url, prefix: "anew", partitions: 2 });
        const addresses = numbers(12).map((number) => `sensor-${number}`);
        const reader = await reading(messaging, addresses);
        await using foreign = await Foreigner.at(url);
        const topic = topicOf("anew", "iot", "live");
        await foreign.admin.deleteTopics({ topics: [topic] });
        await foreign.admin.createTopics({ topics: [{ topic, numPartitions: 5 }] }).catch(() => undefined); // It was quicker.
        await eventually(async () => {
          await publish(messaging, message("sensor-0", "probe"));
          assert.include(reader.texts, "probe");
        }, UNHURRIED.timeout);
        await publish(messaging, ...addresses.map((address) => message(address, address)));
        await eventually(() => assert.includeMembers([...reader.texts], addresses));
      },
    );

    test("records that were deleted before they were read are told by the route, and what follows arrives", async () => {
      await using messaging = await opened({ url, prefix: "trimmed", partitions: 1 });
      using call = callOf();
      const routes: string[] = [];
      const inbox = await messaging.openInbox({ prefetch: 1, onRoute: (state) => void routes.push(state) }, call);
      assert.deepEqual(await inbox.addMany(["a"], call), []);
      const body = new Uint8Array(500_000);
      for (let sent = 0; sent < 20; sent += 1) await publish(messaging, message("a", body));
      await using foreign = await Foreigner.at(url);
      const topic = topicOf("trimmed", "iot", "live");
      await foreign.admin.fetchTopicMetadata({ topics: [topic] }); // It does not ask by itself.
      await foreign.admin.deleteTopicRecords({ topic, partitions: [{ partition: 0, offset: "20" }] });
      await publish(messaging, message("a", "after"));
      let got = 0;
      for await (const page of inbox) {
        got += page.length;
        if (page.some(({ body: { length } }) => length === 5)) break;
      }
      assert.isBelow(got, 21);
      assert.deepEqual(routes, ["down", "up"]);
    });
  });
});
