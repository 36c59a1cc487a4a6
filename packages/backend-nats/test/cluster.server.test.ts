import { withServer } from "@muster/servers/vitest";
import { obtainNatsCluster } from "@muster/servers";
import { eventually } from "@muster/testing";
import { arrive, message, publish, reading } from "@muster/testing/messaging";
import { assert, describe, test } from "vitest";
import { opened } from "./support.ts";

await withServer("nats", {}, ({ origin }) => {
  describe.skipIf(origin !== "native")("a cluster of three", () => {
    test("when the node dies that a client is on, it moves to one it was never told of and listens there", async () => {
      await using cluster = await obtainNatsCluster();
      const [first, second] = cluster.nodes;
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
    });

    test("a client that knows several nodes opens on one that lives", async () => {
      await using cluster = await obtainNatsCluster();
      await cluster.nodes[0]?.control?.kill();
      await using messaging = await opened({ servers: cluster.urls, followCluster: false });
      const reader = await reading(messaging, ["a"]);
      await publish(messaging, message("a", "here"));
      await arrive(reader, "here");
    });
  });
});
