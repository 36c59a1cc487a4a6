import { fileURLToPath } from "node:url";
import type { Server } from "@muster/servers";
import { withServer } from "@muster/servers/vitest";
import { Processes } from "@muster/testing/processes";
import { assert, describe, test } from "vitest";
import { topicOf } from "../src/keys.ts";
import { connectionsTo } from "./connections.ts";
import { Foreigner } from "./foreign.ts";
import type { ListeningProcess } from "./listening-process.ts";
import { eventually, message, opened, publish } from "./support.ts";

const PROCESSES = 4;
const PARTITIONS = 2;
const LISTENING = fileURLToPath(new URL("listening-process.ts", import.meta.url));

type Listening = Pick<ListeningProcess, "count">;

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
  const described = await foreign.admin.fetchTopicMetadata({ topics: [topicOf(prefix, "iot", "live")] });
  return {
    topics: topics.length,
    partitions: described.topics.flatMap(({ partitions }) => partitions).length,
    groups: (await foreign.admin.listGroups()).groups.length,
    connections,
  };
}

/** Of processes that listen on so many addresses each, and have got a message on every one of them. */
async function footprintWith(server: Server, prefix: string, addressesEach: number): Promise<Footprint> {
  const { url } = server;
  const shares = Array.from({ length: PROCESSES }, (_, process) =>
    Array.from({ length: addressesEach }, (__, index) => `sensor-${process}-${index}`),
  );
  const each = shares.map((share) => [url, prefix, ...share]);
  await using processes = await Processes.start<Listening>(LISTENING, each);
  const sender = await opened({ url, prefix });
  for (const share of shares) await publish(sender, ...share.map((address) => message(address, address)));
  await sender.close();
  const counts = async (): Promise<readonly number[]> => Promise.all(processes.all.map((one) => one.ask("count")));
  await eventually(async () =>
    assert.deepEqual(
      await counts(),
      shares.map(({ length }) => length),
    ),
  );
  return await footprintOf(server, prefix); // Before the processes end.
}

await withServer("kafka", {}, (server) => {
  /** In each process one to publish on, and for its inbox one that asks and one that fetches. */
  const everywhere = { topics: 1, partitions: PARTITIONS, groups: 0, connections: 3 * PROCESSES };

  describe.skipIf(process.platform !== "linux")("what four processes are to a broker", { timeout: 120_000 }, () => {
    test.for([
      ["10,000 identities with addresses of their own", "own", 2_500],
      ["100 identities with addresses of their own", "few", 25],
      ["one address for each process", "node", 1],
    ] as const)("%s", async ([, prefix, addressesEach]) => {
      assert.deepEqual(await footprintWith(server, prefix, addressesEach), everywhere);
    });
  });
});
