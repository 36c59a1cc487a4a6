import { withServer } from "@muster/servers/vitest";
import { Redis } from "ioredis";
import { expect, test } from "vitest";
import { ServerWatch } from "../src/server-watch.ts";

await withServer("redis", {}, (server) => {
  const isHere = process.platform === "linux" && server.origin === "native";

  test.runIf(isHere)("a server's costs grow with what it is asked to do", async () => {
    const watch = ServerWatch.of(server) ?? expect.fail();
    const redis = new Redis(server.url);
    try {
      const before = await watch.read();
      expect(before.memoryBytes).toBeGreaterThan(1_000_000);
      await redis.set("key", "x".repeat(1_000_000));
      for (let asked = 0; asked < 20; asked += 1) await redis.get("key");
      const after = await watch.read();
      const grown = (name: "storedBytes" | "inBytes" | "outBytes" | "commands"): number =>
        (after[name] ?? 0) - (before[name] ?? 0);
      expect(grown("storedBytes")).toBeGreaterThanOrEqual(1_000_000);
      expect(grown("inBytes")).toBeGreaterThanOrEqual(1_000_000);
      expect(grown("outBytes")).toBeGreaterThanOrEqual(20_000_000);
      expect(grown("commands")).toBeGreaterThanOrEqual(21);
      expect(after.cpuMs).toBeGreaterThanOrEqual(before.cpuMs);
    } finally {
      redis.disconnect();
    }
  });

  test.runIf(!isHere)("a server that isn't a process of this machine can't be watched", () => {
    expect(ServerWatch.of(server)).toBeUndefined();
  });
});
