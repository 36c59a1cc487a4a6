/** Behind sentinels: finding the master, and going on with whoever is master next. */

import { setTimeout as delay } from "node:timers/promises";
import type { Message } from "@muster/core";
import type { Server } from "@muster/servers";
import { withRedisSentinels } from "@muster/servers/vitest";
import { freshNamespace, outcomeOf, SOON, within } from "@muster/testing";
import { describe, expect, test } from "vitest";
import { redisClient } from "../src/client.ts";
import type { RedisBySentinels } from "../src/index.ts";
import { survives } from "./recovery/load.ts";
import { eventually, openFleet } from "./recovery/support.ts";
import { count, opened, tell } from "./support.ts";

/** What a replica that takes over may not have been told yet. */
const NOT_REPLICATED_MS = 1_000;

const placesOf = (servers: readonly Server[]): RedisBySentinels["sentinels"] =>
  servers.map(({ host, port }) => ({ host, port }));

async function isMaster(server: Server | undefined): Promise<boolean> {
  return String(await tell(server?.url ?? "", "ROLE")).startsWith("master");
}

await withRedisSentinels(({ name, sentinels }) => {
  const [first] = sentinels;

  test("one sentinel is enough to find the master", async () => {
    using client = await opened({ sentinels: placesOf(sentinels).slice(0, 1), name });
    expect(await count(client, freshNamespace())).toBe(1);
  });

  test("a master that nobody knows, and sentinels that are not there, are told at open", async () => {
    const nobody = redisClient({ sentinels: placesOf(sentinels), name: "nobody" });
    expect(await outcomeOf(nobody.open(within(5_000)))).toBe("UNAVAILABLE");
    const nowhere = redisClient({ sentinels: [{ host: "127.0.0.1", port: 1 }], name });
    expect(await outcomeOf(nowhere.open(within(5_000)))).toBe("UNAVAILABLE");
  });

  test.runIf(first?.control)("a sentinel that is frozen, or dead, is passed over", { timeout: 30_000 }, async () => {
    await first?.control?.freeze();
    using client = await opened({ sentinels: placesOf(sentinels), name });
    expect(await count(client, freshNamespace())).toBe(1);
    await first?.control?.thaw();
    await first?.control?.kill();
    using other = await opened({ sentinels: placesOf(sentinels), name });
    expect(await count(other, freshNamespace())).toBe(1);
    await first?.control?.start();
  });
});

await withRedisSentinels(({ name, sentinels, servers }) => {
  const [master] = servers;
  const location = { sentinels: placesOf(sentinels), name };

  describe.runIf(master?.control)("failing over", () => {
    test("fleets and queues go on with the replica of a master that was killed", {
      timeout: 120_000,
    }, async () => {
      const namespace = freshNamespace();
      await using fleet = await openFleet(location, { namespace });
      const heard: string[] = [];
      const onMessage = (message: Message): void => void heard.push(message.text());
      const { epoch } = await fleet.register("ear", { n: 1 }, { onMessage });
      await delay(NOT_REPLICATED_MS);

      await survives(location, async () => master?.control?.kill(), NOT_REPLICATED_MS);
      expect(await isMaster(servers[1])).toBe(true);
      await eventually("messages arrive", async () => {
        await fleet.multicast({ $identity: "ear" }, "again");
        return heard.includes("again");
      });
      expect(await fleet.get("ear")).toMatchObject({ epoch, metadata: { n: 1 } });
    });
  });
});

await withRedisSentinels(({ name, sentinels, servers }) => {
  const [sentinel] = sentinels;
  test.runIf(servers.length === 2)(
    "a master that steps down for its replica is left at once",
    {
      timeout: 60_000,
    },
    async () => {
      const location = { sentinels: placesOf(sentinels), name };
      using client = await opened(location);
      const key = freshNamespace();
      expect(await count(client, key)).toBe(1);
      await tell(sentinel?.url ?? "", "SENTINEL", "FAILOVER", name);
      // Until it knows it is still a master, and takes what will be lost.
      await expect.poll(async () => isMaster(servers[0]), { timeout: 40_000 }).toBe(false);
      await expect.poll(async () => outcomeOf(count(client, key)), SOON).toBe("fine");
      expect(await isMaster(servers[1])).toBe(true);
    },
  );
});
