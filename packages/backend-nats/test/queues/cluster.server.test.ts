import { jetstreamManager } from "@nats-io/jetstream";
import { connect } from "@nats-io/transport-node";
import { obtainNatsCluster } from "@muster/servers";
import { withServer } from "@muster/servers/vitest";
import { eventually } from "@muster/testing";
import { assert, describe, test } from "vitest";
import { acked, attached, enqueued, openedQueues, taken } from "./support.ts";

const PATIENCE_MS = 40_000;
const SOME = 40;

await withServer("nats", { arguments: ["-js"] }, ({ origin }) => {
  describe.skipIf(origin !== "native")("three nodes with three replicas", () => {
    test("when the leader of the queues is killed nothing that was accepted is lost, and it goes on", {
      timeout: 3 * PATIENCE_MS,
    }, async () => {
      await using cluster = await obtainNatsCluster({ arguments: ["-js"] });
      const options = { servers: cluster.urls, jetstream: { replicas: 3 } };
      // JetStream has a leader of its own to find first.
      await using queues = await eventually(async () => openedQueues(options), PATIENCE_MS);
      await using worker = await openedQueues(options);
      const identities = ["a", "b", "c"];
      await attached(worker, "s", identities);
      const accepted = new Set<string>();
      const enqueueSome = async (from: number): Promise<void> => {
        for (let index = from; index < from + SOME; index += 1) {
          await eventually(async () => enqueued(queues, `m${index}`, identities), PATIENCE_MS);
          for (const identity of identities) accepted.add(`m${index} for ${identity}`);
        }
      };
      await enqueueSome(0);
      const held = await taken(worker, "s", { leaseMs: 1_000 });
      assert.isAbove(held.size, 0);
      const connection = await connect({ servers: [...cluster.urls] });
      const info = await (await jetstreamManager(connection)).streams.info("muster+iot+queue");
      assert.equal(info.config.num_replicas, 3);
      const leader = info.cluster?.leader ?? assert.fail("a leader");
      const nodes = await Promise.all(
        cluster.nodes.map(async (node) => {
          const at = await connect({ servers: node.url });
          const name = at.info?.server_name;
          await at.close();
          return { name, node };
        }),
      );
      await connection.close();
      const victim = nodes.find(({ name }) => name === leader)?.node ?? assert.fail(`${leader} is one of the nodes`);
      const enqueuing = enqueueSome(SOME);
      await victim.control?.kill();
      await enqueuing;
      const ended = new Set<string>();
      await eventually(async () => {
        const leased = await taken(worker, "s");
        await acked(worker, leased);
        for (const one of leased.keys()) {
          assert.isFalse(ended.has(one), `${one} is handed out after it was acknowledged`);
          ended.add(one);
        }
        assert.deepEqual([...accepted].filter((one) => !ended.has(one)).slice(0, 5), []);
      }, PATIENCE_MS);
      assert.equal(ended.size, accepted.size);
    });
  });
});
