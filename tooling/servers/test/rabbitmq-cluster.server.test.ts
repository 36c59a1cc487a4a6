import { describe, expect, test } from "vitest";
import { recipes } from "../src/recipes.ts";
import type { Server } from "../src/server.ts";
import { withRabbitmqCluster } from "../src/vitest.ts";

/** A node of Erlang's takes some seconds to start, and a tool for it one or two. */
const UNHURRIED = { timeout: 180_000 };
const PATIENT = { timeout: 60_000 };

function running({ control }: Server): Promise<string> {
  if (control === undefined) throw new Error("a server of somebody else");
  return control.administer(["rabbitmqctl", "-q", "eval", "length(rabbit_nodes:all_running())."]);
}

const answers = (server: Server): Promise<boolean> =>
  recipes.rabbitmq.askVersion(server, undefined, 300).then(
    () => true,
    () => false,
  );

await withRabbitmqCluster({ size: 3 }, ({ nodes, urls }) => {
  describe.skipIf(nodes[0]?.control === undefined)("a RabbitMQ cluster", UNHURRIED, () => {
    const [first, second, third] = nodes;
    if (first === undefined || second === undefined || third === undefined) throw new Error("there are three");

    test("has as many nodes as were asked for, and what one is told all know", async () => {
      expect(urls).toEqual(nodes.map(({ url }) => url));
      await first.control?.administer(["rabbitmqctl", "-q", "add_vhost", "everywhere"]);
      expect(await third.control?.administer(["rabbitmqctl", "-q", "list_vhosts"])).toContain("everywhere");
    });

    test("whichever node is killed, the others go on, find each other, and have it back", async () => {
      for (const [victim, other] of [
        [first, second],
        [second, third],
      ] as const) {
        await victim.control?.kill();
        await expect.poll(() => running(other), PATIENT).toContain("2");
        await victim.control?.start();
        expect(await running(other)).toContain("3");
      }
    });

    test("a node that was frozen until the others gave it up is one of them again when it is restarted", async () => {
      await third.control?.freeze();
      expect(await answers(third)).toBe(false);
      await expect.poll(() => running(first), PATIENT).toContain("2");
      await third.control?.restart();
      expect(await running(first)).toContain("3");
    });
  });
});
