/**
 * A multicast with everything a user has of it (whoever is registered on Redis, over NATS, until each recipient has
 * acknowledged) against a scan and grouped publishes that are written by hand and promise nothing.
 */

import { NODES, PAYLOAD } from "../fleets.ts";
import { playRounds } from "../rounds.ts";
import { type Outcome, rowOf, type Scenario, type Settings } from "../scenario.ts";
import { GroupedSketch } from "../senders/grouped-sketch.ts";
import { Muster } from "../senders/muster.ts";
import { benchServer } from "../servers.ts";

export const endToEndScenario: Scenario = {
  name: "end-to-end",
  about: "acknowledged multicasts over Redis and NATS, against a bare scan of routes and bare grouped publishes",
  defaultSize: 100_000,
  needsServers: true,
  run,
};

async function run({ size, rounds }: Settings): Promise<Outcome> {
  await using nats = await benchServer("nats");
  await using redis = await benchServer("redis");
  const registry = { at: "redis", url: redis.url } as const;
  const messaging = { at: "nats", url: nats.url } as const;
  const receivers = { registry, messaging, size, nodes: NODES, addresses: "node" } as const;
  await using sketch = await GroupedSketch.open({ redis: redis.url, nats: nats.url }, size, PAYLOAD);
  await using acknowledged = await Muster.open(
    "acknowledged",
    { ...receivers, namespace: "acknowledged" },
    { payload: PAYLOAD, delivery: "at-least-once" },
  );
  await using once = await Muster.open("at most once", { ...receivers, namespace: "once" }, { payload: PAYLOAD });
  const played = await playRounds([sketch, acknowledged, once], { rounds, size });
  return {
    rows: [
      rowOf("speed of acknowledged / by hand", "×", played.speedup(acknowledged.name, sketch.name), {
        atLeast: 0.6,
        floor: 0.4,
      }),
      rowOf("… of at most once", "×", played.speedup(once.name, sketch.name)),
    ],
    timings: played.timings,
  };
}
