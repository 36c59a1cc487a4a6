/** What is accepted survives whatever the server's own setting promises. */

import { setTimeout as delay } from "node:timers/promises";
import { withRedisCluster } from "@muster/servers/vitest";
import { describe, test } from "vitest";
import { slotsOf } from "../slots.ts";
import { survives } from "./load.ts";
import { withOwnServer } from "./support.ts";

const MASTERS = 3;

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

await withOwnServer({ persistent: true, arguments: ["--appendfsync", "everysec"] }, ({ url }, control) => {
  test("one that writes to its disk once a second has lost no more than the last two", {
    timeout: 90_000,
  }, async () => {
    await survives({ url }, async () => control.restart(), 2_500);
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

await withRedisCluster({ masters: MASTERS, replicas: MASTERS }, ({ nodes }) => {
  const controls = nodes.flatMap(({ control }) => control ?? []);
  describe.runIf(controls.length === nodes.length)("with a cluster that has replicas", () => {
    test("a replica that takes over under load has lost what had not reached it, and goes on", {
      timeout: 120_000,
    }, async () => {
      const cluster = nodes.map(({ host, port }) => ({ host, port }));
      const killMaster = async (namespace: string): Promise<void> => {
        const [slot = 0] = await slotsOf(nodes, [`{${namespace}}`]);
        await controls[Math.floor(slot / Math.ceil(16_384 / MASTERS))]?.kill();
      };
      await survives({ cluster }, killMaster, 1_000);
    });
  });
});
