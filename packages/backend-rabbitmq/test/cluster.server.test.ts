import type { Server } from "@muster/servers";
import { withRabbitmqCluster } from "@muster/servers/vitest";
import { eventually } from "@muster/testing";
import { Load } from "@muster/testing/load";
import { message, publish, reading } from "@muster/testing/messaging";
import { assert, beforeEach, describe, test } from "vitest";
import { opened } from "./support.ts";

/** A node of Erlang's takes some seconds to start. */
const UNHURRIED = { timeout: 120_000 };
/** The nodes give up one that is silent after eight to ten seconds. */
const GIVEN_UP_MS = 30_000;

/** How many nodes this one counts. One that has been silent may pass for started, and still pause for having been so. */
async function running({ control }: Server): Promise<string | undefined> {
  const count = await control?.administer(["rabbitmqctl", "-q", "eval", "length(rabbit_nodes:all_running())."]);
  return count?.trim();
}

await withRabbitmqCluster({}, ({ nodes }) => {
  const [first, second, third] = nodes;
  const urls = [first, second, third].map((node) => node?.url ?? "");
  const [one = "", two = "", three = ""] = urls;

  describe.skipIf(first?.control === undefined)("three nodes that lose one, under load", UNHURRIED, () => {
    beforeEach(async () => {
      for (const { control } of nodes) await control?.start();
      for (const node of nodes) await eventually(async () => assert.equal(await running(node), "3"), GIVEN_UP_MS);
    }, UNHURRIED.timeout);

    test("the one with a receiver's queue dies: it listens elsewhere, and others have missed nothing", async () => {
      await using sender = await opened({ url: one, prefix: "queue" });
      await using moving = await opened({ url: [two, three], prefix: "queue" });
      await using staying = await opened({ url: three, prefix: "queue" });
      const [hit, spared] = [await reading(moving, ["a"]), await reading(staying, ["b"])];
      const load = new Load(sender, ["a", "b"]);
      await load.goOn(1_000);
      await second?.control?.kill();
      await eventually(() => assert.deepEqual(hit.routes, ["down", "up"]), GIVEN_UP_MS);
      const before = load.accepted;
      await load.goOn(1_000);
      await load.end();
      await load.check([hit, spared], before + 64);
      assert.deepEqual(spared.routes, []);
      assert.includeMembers(["NO_ROUTE", "RATE_LIMITED"], [...load.codes]);
    });

    test("the one that a publisher is connected to dies: it publishes through another", async () => {
      await using sender = await opened({ url: urls, prefix: "publisher" });
      await using receiver = await opened({ url: two, prefix: "publisher" });
      const reader = await reading(receiver, ["a"]);
      const load = new Load(sender, ["a"]);
      await load.goOn(1_000);
      await first?.control?.kill();
      await eventually(() => assert.isAbove(load.errors.length, 0));
      const before = load.accepted;
      await load.goOn(1_000);
      await load.end();
      await load.check([reader], before + 64);
      assert.deepEqual(reader.routes, []);
      assert.deepEqual([...load.codes], ["UNAVAILABLE"]);
    });

    test("the one with a receiver's queue stands still: it listens elsewhere, and publishers go on", async () => {
      await using sender = await opened({ url: one, prefix: "frozen" });
      const impatient = { heartbeatMs: 1_000, connectTimeoutMs: 500 };
      await using moving = await opened({ url: [three, two], prefix: "frozen", ...impatient });
      const reader = await reading(moving, ["a"]);
      const load = new Load(sender, ["a"]);
      await load.goOn(1_000);
      await third?.control?.freeze();
      try {
        await eventually(() => assert.deepEqual(reader.routes, ["down", "up"]), GIVEN_UP_MS);
        await load.goOn(1_000, GIVEN_UP_MS);
      } finally {
        await third?.control?.thaw();
      }
      const before = load.accepted;
      await load.goOn(1_000, GIVEN_UP_MS);
      await load.end();
      await load.check([reader], before + 64);
      await third?.control?.restart(); // How long it takes to be one of them again by itself is anybody's guess.
    });

    test("two die: the third serves nobody, and everybody when they are back", async () => {
      await using sender = await opened({ url: urls, prefix: "minority" });
      await using receiver = await opened({ url: urls.toReversed(), prefix: "minority" });
      const reader = await reading(receiver, ["a"]);
      await first?.control?.kill();
      await second?.control?.kill();
      await eventually(() => assert.deepEqual(reader.routes, ["down"]), GIVEN_UP_MS);
      await first?.control?.start();
      await second?.control?.start();
      await eventually(() => assert.deepEqual(reader.routes, ["down", "up"]), GIVEN_UP_MS);
      await eventually(() => publish(sender, message("a", "again")), GIVEN_UP_MS);
      await eventually(() => assert.include(reader.texts, "again"));
    });
  });
});
