import { describe, expect, test } from "vitest";
import { kafkaGreeting } from "../src/kafka-protocol.ts";
import type { Server } from "../src/server.ts";
import { withKafkaCluster } from "../src/vitest.ts";

/** A broker takes some seconds to start. */
const UNHURRIED = { timeout: 180_000 };
const PATIENT = { timeout: 60_000 };

/** How many brokers serve, as this one sees it; none where it doesn't answer. */
async function serving(server: Server): Promise<number> {
  try {
    return (await kafkaGreeting(server, undefined)).ports.length;
  } catch {
    return 0;
  }
}

await withKafkaCluster({ size: 3 }, ({ nodes, urls }) => {
  describe.skipIf(nodes[0]?.control === undefined)("a Kafka cluster", UNHURRIED, () => {
    const [first, second, third] = nodes;
    if (first === undefined || second === undefined || third === undefined) throw new Error("there are three");

    test("has as many nodes as were asked for, which all know each other", async () => {
      expect(urls).toEqual(nodes.map(({ url }) => url));
      expect(await Promise.all(nodes.map(serving))).toEqual([3, 3, 3]);
    });

    test("whichever node is killed, the others go on without it, and have it back", async () => {
      for (const [victim, other] of [
        [first, second],
        [second, third],
      ] as const) {
        await victim.control?.kill();
        await expect.poll(() => serving(other), PATIENT).toBe(2);
        await victim.control?.start();
        await expect.poll(() => serving(other), PATIENT).toBe(3);
      }
    });

    test("a node that was frozen until the others gave it up is one of them again when it thaws", async () => {
      await third.control?.freeze();
      await expect.poll(() => serving(first), PATIENT).toBe(2);
      await third.control?.thaw();
      await expect.poll(() => serving(first), PATIENT).toBe(3);
    });
  });
});
