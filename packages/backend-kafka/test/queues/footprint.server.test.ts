/** What four clients take of a broker, and of their own memory. */

import type { Server } from "@muster/servers";
import { withServer } from "@muster/servers/vitest";
import { eventually } from "@muster/testing";
import { ack, take } from "@muster/testing/durability";
import { assert, describe, test } from "vitest";
import { connectionsTo } from "../connections.ts";
import { Foreigner } from "../foreign.ts";
import { attached, enqueued, numbered, openedQueues } from "./support.ts";

const CLIENTS = 4;
const SHARDS = 2;
/** Of each client, with the one broker: the live ends, and all else, with a socket each to ask and to fetch. */
const CONNECTIONS = 4;
const BACKLOG = 2_000;

interface Footprint {
  readonly topics: number;
  readonly partitions: number;
  readonly groups: number;
  readonly connections: number;
}

async function footprintOf({ url, port }: Server, prefix: string): Promise<Footprint> {
  const connections = await connectionsTo(port);
  await using foreign = await Foreigner.at(url);
  const topics = (await foreign.admin.listTopics()).filter((topic) => topic.startsWith(`${prefix}.`));
  const described = await foreign.admin.fetchTopicMetadata({ topics });
  const partitions = described.topics.reduce((sum, topic) => sum + topic.partitions.length, 0);
  return { topics: topics.length, partitions, groups: (await foreign.admin.listGroups()).groups.length, connections };
}

/** With so many identities each, of which every one has handled what came while it was away. */
async function footprintWith(server: Server, prefix: string, each: number): Promise<Footprint> {
  const options = { url: server.url, prefix, shards: SHARDS };
  const clients = await Promise.all(Array.from({ length: CLIENTS }, async () => openedQueues(options)));
  const shares = clients.map((client, index) => ({ client, own: numbered(`${index}-`, each) }));
  for (const { client, own } of shares) await enqueued(client, "m", own);
  for (const { client, own } of shares) await attached(client, "s", own);
  for (const { client, own } of shares) {
    let count = 0;
    await eventually(async () => {
      const handed = await take(client, "s");
      count += handed.length;
      assert.deepEqual(await ack(client, handed), []);
      assert.equal(count, own.length);
    }, 30_000);
  }
  const footprint = await footprintOf(server, prefix);
  await Promise.all(clients.map(async (client) => client.close()));
  return footprint;
}

await withServer("kafka", {}, (server) => {
  describe("footprint", { timeout: 120_000 }, () => {
    test.skipIf(process.platform !== "linux")(
      "a hundred identities or ten thousand: as many topics, partitions and connections, and no group",
      async () => {
        const expected = { topics: 3, partitions: 3 * SHARDS, groups: 0, connections: CONNECTIONS * CLIENTS };
        assert.deepEqual(await footprintWith(server, "few", 25), expected);
        assert.deepEqual(await footprintWith(server, "many", 2_500), expected);
      },
    );

    test("of a backlog no more is at hand than there is room for", async () => {
      const options = { url: server.url, prefix: "backlog", shards: 1 };
      await using sender = await openedQueues(options);
      for (let start = 0; start < BACKLOG; start += 100)
        await Promise.all(numbered("m", 100, start).map(async (id) => enqueued(sender, id, ["a", "b"])));
      await using worker = await openedQueues(options);
      await attached(worker, "s", ["a", "b"]);
      const handed = await eventually(async () => {
        const some = await take(worker, "s");
        assert.isAbove(some.length, 0);
        return some;
      });
      assert.isAtMost(handed.length, 2 * 256);
    });
  });
});
