import { describe, expect, test } from "vitest";
import { natsGreeting } from "../src/nats.ts";
import { withNatsCluster } from "../src/vitest.ts";

await withNatsCluster({ size: 3 }, ({ nodes, urls }) => {
  describe("a NATS cluster", () => {
    test("has as many nodes as were asked for, and each knows all of them", async () => {
      expect(nodes).toHaveLength(3);
      for (const node of nodes) expect((await natsGreeting(node)).connect_urls).toHaveLength(3);
      expect(urls).toEqual(nodes.map(({ url }) => url));
    });

    test.skipIf(nodes[0]?.control === undefined)("a node that was killed is among them again", async () => {
      const [first, second] = nodes;
      if (first === undefined || second === undefined) throw new Error("there are three");
      const knownTo = async (): Promise<number> => (await natsGreeting(second)).connect_urls?.length ?? 0;
      await first.control?.kill();
      await expect.poll(knownTo, { timeout: 20_000 }).toBe(2);
      await first.control?.start();
      await expect.poll(knownTo, { timeout: 20_000 }).toBe(3);
    });
  });
});
