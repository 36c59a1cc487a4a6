/** What is accepted survives whatever the server's own setting promises: here every write is on disk before it is answered. */

import { setTimeout as delay } from "node:timers/promises";
import { withRedisCluster } from "@muster/servers/vitest";
import { describe, test } from "vitest";
import { survives } from "./load.ts";
import { withOwnServer } from "./support.ts";

await withOwnServer({ persistent: true }, ({ url }, control) => {
  test("a server that is killed under load, and starts again, has lost nothing", { timeout: 90_000 }, async () => {
    await survives({ url }, async () => control.restart());
  });

  test("so has one that was frozen", { timeout: 90_000 }, async () => {
    await survives({ url }, async () => {
      await control.freeze();
      await delay(2_000);
      await control.thaw();
    });
  });
});

await withRedisCluster({}, ({ nodes }) => {
  const controls = nodes.flatMap(({ control }) => control ?? []);
  describe.runIf(controls.length === nodes.length)("with a cluster of its own", () => {
    test("masters of a cluster that are killed under load have lost nothing", { timeout: 120_000 }, async () => {
      const cluster = nodes.map(({ host, port }) => ({ host, port }));
      await survives({ cluster }, async () => {
        for (const control of controls) await control.restart();
      });
    });
  });
});
