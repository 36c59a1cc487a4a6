import { withServer } from "@muster/servers/vitest";
import { obtainServer, type Server } from "@muster/servers";
import { assert, describe, test } from "vitest";
import { arrive, eventually, freePort, message, opened, publish, reading } from "./support.ts";

const SIZE = 3;

/** Nodes that all know one another. */
async function cluster(): Promise<readonly Server[]> {
  const ports = await Promise.all(Array.from({ length: SIZE }, freePort));
  const routes = ports.map((port) => `nats://127.0.0.1:${port}`);
  return Promise.all(
    ports.map(async (port, index) => {
      const own = ["--cluster_name", "fleet", "-n", `node-${index}`, "--cluster", `nats://127.0.0.1:${port}`];
      return obtainServer("nats", { arguments: [...own, "--routes", routes.join(",")] });
    }),
  );
}

await withServer("nats", {}, ({ origin }) => {
  describe.skipIf(origin !== "native")("a cluster of three", () => {
    test("when the node dies that a client is on, it moves to one it was never told of and listens there", async () => {
      const nodes = await cluster();
      const [first, second] = nodes;
      assert.isDefined(first);
      assert.isDefined(second);
      await using messaging = await opened({ servers: first.url });
      await using sender = await opened({ servers: second.url });
      const reader = await reading(messaging, ["a", "b"]);
      await eventually(async () => {
        await publish(sender, message("a", "are the routes there?"));
        assert.isAbove(reader.texts.length, 0);
      });
      await first.control?.kill();
      await eventually(() => assert.deepEqual(reader.routes, ["down", "up"]));
      await publish(messaging, message("b", "from itself"));
      await eventually(async () => {
        await publish(sender, message("a", "from another node"));
        assert.include(reader.texts, "from another node");
      });
      assert.include(reader.texts, "from itself");
      await Promise.all(nodes.map(async (node) => node[Symbol.asyncDispose]()));
    });

    test("a client that knows several nodes opens on one that lives", async () => {
      const nodes = await cluster();
      await nodes[0]?.control?.kill();
      await using messaging = await opened({ servers: nodes.map(({ url }) => url), followCluster: false });
      const reader = await reading(messaging, ["a"]);
      await publish(messaging, message("a", "here"));
      await arrive(reader, "here");
      await Promise.all(nodes.map(async (node) => node[Symbol.asyncDispose]()));
    });
  });
});
