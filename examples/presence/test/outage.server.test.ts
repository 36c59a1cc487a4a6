/** Redis goes on while NATS is away: who is there is known, and that nobody can be reached is said. */

import { randomUUID } from "node:crypto";
import { setTimeout as delay } from "node:timers/promises";
import { natsMessaging } from "@muster/backend-nats";
import { redisRegistry } from "@muster/backend-redis";
import { type Fleet, openRegistry } from "@muster/core";
import type { ServerControl } from "@muster/servers";
import { withServer } from "@muster/servers/vitest";
import { describe, expect, test } from "vitest";

const TIMING = { sessionLeaseMs: 2_000, ttlMs: 8_000, timeoutMs: 2_000 };

async function eventually(what: string, isSo: () => boolean | Promise<boolean>): Promise<void> {
  const end = performance.now() + 30_000;
  while (!(await isSo())) {
    if (performance.now() > end) throw new Error(`not in time: ${what}`);
    await delay(20);
  }
}

async function outage(redis: string, nats: string, control: ServerControl): Promise<void> {
  const namespace = randomUUID();
  const open = async (): Promise<Fleet> =>
    openRegistry({
      namespace,
      registry: redisRegistry({ url: redis }),
      messaging: natsMessaging({ servers: nats }),
      timing: TIMING,
      onWarning: () => {},
    });
  await using fleet = await open();
  await using observer = await open();
  const heard: string[] = [];
  const events: string[] = [];
  const handle = await fleet.register("alice", { n: 1 }, { onMessage: (message) => void heard.push(message.id) });
  for (const event of ["routeDown", "lost", "routeUp", "restored"] as const) handle.on(event, () => events.push(event));

  await control.kill();
  const { targetCount, deliveredCount, failedCount, timeoutCount } = await observer.multicast(null, "hello?");
  expect({ targetCount, deliveredCount, unreached: failedCount + timeoutCount }).toEqual({
    targetCount: 1,
    deliveredCount: 0,
    unreached: 1,
  });
  expect(await observer.get("alice")).toMatchObject({ metadata: { n: 1 }, epoch: handle.epoch });
  await handle.update({ n: 2 });
  await eventually("she is offline", async () => (await observer.count({ $attached: false })) === 1);
  const { statuses } = await observer.multicast(null, "hello?");
  expect(statuses).toMatchObject([{ identity: "alice", status: "failed", code: "NO_ROUTE" }]);
  await eventually("her process knows it too", () => events.includes("lost"));

  await control.start();
  const sent: string[] = [];
  await eventually("she hears", async () => {
    sent.push((await observer.multicast(null, "hello!")).id);
    return heard.length > 0;
  });
  expect(events).toEqual(["routeDown", "lost", "restored"]); // The route was up again before she was.
  expect(await observer.get("alice")).toMatchObject({ metadata: { n: 2 }, epoch: handle.epoch, attached: true });
  await fleet.close();
  expect(heard).toEqual([...new Set(heard)]);
  expect(sent).toEqual(expect.arrayContaining(heard));
}

await withServer("redis", {}, ({ url: redis }) =>
  withServer("nats", {}, ({ url: nats, control }) => {
    describe.runIf(control !== undefined)("with a NATS of its own", () => {
      test("who can't be reached is told, turns offline, and comes back by itself", { timeout: 40_000 }, async () => {
        await outage(redis, nats, control as ServerControl); // Where there is none it doesn't run.
      });
    });
  }),
);
