import { describe, expect, test } from "vitest";
import { redisCommand } from "../src/redis.ts";
import type { Server } from "../src/server.ts";
import { withRedisCluster } from "../src/vitest.ts";

const ask = (node: Server, ...command: readonly string[]): Promise<string> => redisCommand(node, command, undefined);

await withRedisCluster({ masters: 3 }, ({ nodes, urls }) => {
  describe("a Redis Cluster", () => {
    test("has all slots on as many masters as were asked for, and each node knows", async () => {
      for (const node of nodes) {
        const info = await ask(node, "CLUSTER", "INFO");
        expect(info).toContain("cluster_slots_ok:16384");
        expect(info).toContain("cluster_size:3");
      }
      expect(urls).toEqual(nodes.map(({ url }) => url));
    });

    test.skipIf(nodes[0]?.control === undefined)("a node that was killed comes back with what it had", async () => {
      const kept = (node: Server): Promise<boolean> =>
        ask(node, "SET", "key", "kept").then(
          () => true,
          () => false,
        );
      const owners = await Promise.all(nodes.map(kept));
      expect(owners.filter(Boolean)).toHaveLength(1);
      const owner = nodes[owners.indexOf(true)];
      if (owner === undefined) throw new Error("nobody has the key");
      await owner.control?.restart();
      await expect.poll(() => ask(owner, "GET", "key"), { timeout: 20_000 }).toBe("kept");
    });
  });
});

await withRedisCluster({ masters: 3, replicas: 3 }, ({ nodes }) => {
  describe.skipIf(nodes.some(({ control }) => control === undefined))("a Redis Cluster with replicas", () => {
    test("has each master followed by one of the nodes behind the masters", async () => {
      const [masters, replicas] = [nodes.slice(0, 3), nodes.slice(3)];
      for (const node of masters) expect(await ask(node, "INFO", "replication")).toContain("connected_slaves:1\r");
      const followed = await Promise.all(replicas.map((node) => ask(node, "INFO", "replication")));
      const ports = followed.map((info) => Number(/^master_port:(\d+)/m.exec(info)?.[1]));
      expect(ports).toEqual(masters.map(({ port }) => port));
    });

    test("a replica takes over for a master that was killed", { timeout: 40_000 }, async () => {
      const [master, , , replica] = nodes;
      if (master === undefined || replica === undefined) throw new Error("there are too few");
      await master.control?.kill();
      await expect.poll(() => ask(replica, "INFO", "replication"), { timeout: 30_000 }).toContain("role:master");
    });
  });
});
