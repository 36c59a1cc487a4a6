import { describe, expect, test } from "vitest";
import { redisCommand } from "../src/redis.ts";
import type { Server } from "../src/server.ts";
import { withRedisSentinels } from "../src/vitest.ts";

const ask = (server: Server, ...command: readonly string[]): Promise<string> =>
  redisCommand(server, command, undefined);

await withRedisSentinels(({ name, sentinels, servers: [master, replica] }) => {
  describe("sentinels of a Redis", () => {
    test("all know the master", async () => {
      for (const sentinel of sentinels) {
        expect(await ask(sentinel, "INFO", "sentinel")).toContain(`name=${name},status=ok`);
      }
    });

    test.runIf(master?.control)("its replica takes its place when it was killed", { timeout: 60_000 }, async () => {
      if (replica === undefined) throw new Error("there is no replica");
      await master?.control?.kill();
      await expect.poll(() => ask(replica, "INFO", "replication"), { timeout: 40_000 }).toContain("role:master");
    });
  });
});
