import { withKafkaCluster } from "@muster/servers/vitest";
import { eventually } from "@muster/testing";
import { ack, take } from "@muster/testing/durability";
import { assert, describe, test } from "vitest";
import { attached, enqueued, openedQueues, openedSpace } from "./support.ts";

const PATIENCE_MS = 60_000;
const SOME = 60;
const IDENTITIES = ["a", "b", "c", "d"];

await withKafkaCluster({ size: 3 }, ({ nodes, urls }) => {
  describe.skipIf(nodes[0]?.control === undefined)("three brokers", { timeout: 4 * PATIENCE_MS }, () => {
    test("when leaders are killed under load nothing that was accepted is lost or comes twice, and it goes on", async () => {
      const options = { url: urls, prefix: "leaders", shards: 6, requestTimeoutMs: 3_000 };
      await using sender = await eventually(async () => openedQueues(options), PATIENCE_MS);
      await using worker = await openedQueues(options);
      await attached(worker, "s", IDENTITIES);
      const accepted = new Set<string>();
      const ended = new Set<string>();
      let isOver = false;
      const working = (async (): Promise<void> => {
        while (!isOver) {
          const handed = await eventually(async () => take(worker, "s"), PATIENCE_MS);
          await eventually(async () => assert.deepEqual(await ack(worker, handed), []), PATIENCE_MS);
          for (const { id, identity } of handed) {
            assert.isFalse(ended.has(`${id} for ${identity}`), `${id} for ${identity} comes again`);
            ended.add(`${id} for ${identity}`);
          }
        }
      })();
      const enqueueSome = async (name: string): Promise<void> => {
        for (let index = 0; index < SOME; index += 1) {
          const id = `${name}-${index}`;
          await eventually(async () => enqueued(sender, id, IDENTITIES), PATIENCE_MS);
          for (const identity of IDENTITIES) accepted.add(`${id} for ${identity}`);
        }
      };
      await enqueueSome("before");
      for (const [round, victim] of nodes.slice(0, 2).entries()) {
        const enqueuing = enqueueSome(`round ${round}`);
        await victim.control?.kill();
        await enqueuing;
        await victim.control?.start();
        await eventually(async () => {
          await using space = await openedSpace({ ...options, url: victim.url });
          assert.equal(space.shards, 6);
        }, PATIENCE_MS);
      }
      await eventually(() => {
        assert.deepEqual([...accepted].filter((one) => !ended.has(one)).slice(0, 5), []);
      }, PATIENCE_MS);
      isOver = true;
      await working;
      assert.equal(ended.size, accepted.size);
    });
  });
});
