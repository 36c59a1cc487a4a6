/** One multicast of Muster on Redis and NATS against the algorithm of the pattern's proof of concept. */

import { sensors } from "../documents.ts";
import { NODES, PAYLOAD } from "../fleets.ts";
import { PocSide } from "../poc/poc-side.ts";
import { playRounds } from "../rounds.ts";
import { type Outcome, rowOf, type Scenario, type Settings } from "../scenario.ts";
import { Muster } from "../senders/muster.ts";
import { benchServer } from "../servers.ts";

export const pocScenario: Scenario = {
  name: "poc",
  about: "a multicast over Redis and NATS, against the algorithm of the pattern's proof of concept",
  defaultSize: 10_000,
  needsServers: true,
  run,
};

async function run({ size, rounds }: Settings): Promise<Outcome> {
  await using nats = await benchServer("nats");
  await using redis = await benchServer("redis");
  const registry = { at: "redis", url: redis.url } as const;
  const messaging = { at: "nats", url: nats.url } as const;
  const receivers = { namespace: "poc", registry, messaging, size, nodes: NODES, addresses: "node" } as const;
  await using poc = await PocSide.open({ redis: redis.url, nats: nats.url }, sensors(size), PAYLOAD);
  await using muster = await Muster.open("Muster", receivers, { payload: PAYLOAD });
  const played = await playRounds([muster, poc], { rounds, size });
  return {
    rows: [
      rowOf("speed of one multicast, Muster / proof of concept", "×", played.speedup(muster.name, poc.name), {
        atLeast: 12,
      }),
    ],
    timings: played.timings,
  };
}
