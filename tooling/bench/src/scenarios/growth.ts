/** What one recipient costs in a multicast to a million, as a multiple of what it costs in one to ten thousand. */

import { NODES, PAYLOAD } from "../fleets.ts";
import type { FleetPlan } from "../receivers/plan.ts";
import { type Contender, playRounds } from "../rounds.ts";
import { type Goal, type Outcome, rowOf, type Scenario, type Settings } from "../scenario.ts";
import { Muster } from "../senders/muster.ts";
import { benchServer } from "../servers.ts";
import { grouped } from "../table.ts";

export const identityGrowthScenario: Scenario = {
  name: "identity-growth",
  about: "the cost of one of 1,000,000 identity addresses over Redis and NATS, against one of 10,000",
  defaultSize: 1_000_000,
  needsServers: true,
  run: (settings) => race("identity", { atMost: 1.5, floor: 2 }, settings),
};

export const nodeGrowthScenario: Scenario = {
  name: "node-growth",
  about: "the cost of one of 1,000,000 on 20 node addresses over Redis and NATS, against one of 10,000",
  defaultSize: 1_000_000,
  needsServers: true,
  run: (settings) => race("node", { atMost: 2.5, floor: 3 }, settings),
};

/** Sizes from a hundredth up, all in the same rounds. */
async function race(addresses: FleetPlan["addresses"], goal: Goal, { size, rounds }: Settings): Promise<Outcome> {
  await using nats = await benchServer("nats");
  await using redis = await benchServer("redis");
  const messaging = { at: "nats", url: nats.url } as const;
  const registry = { at: "redis", url: redis.url } as const;
  const nodes = addresses === "node" ? NODES : 2;
  const open = (count: number): Promise<Muster> =>
    Muster.open(
      `to ${grouped(count)}`,
      { namespace: `growth-${count}`, registry, messaging, size: count, nodes, addresses },
      { payload: PAYLOAD },
    );
  const [few, some] = [Math.ceil(size / 100), Math.ceil(size / 10)];
  await using small = await open(few);
  await using middle = await open(some);
  await using large = await open(size);
  const played = await playRounds([alike(small, few), alike(middle, some), alike(large, size)], { rounds, size });
  const costs = (other: Muster, count: number): readonly number[] =>
    played.ratio(large.name, other.name).map((ratio) => (ratio * count) / size);
  const sizes = [few, some, size];
  return {
    rows: [
      rowOf("cost of one / of one of a hundredth", "×", costs(small, few), goal),
      rowOf("… of one of a tenth", "×", costs(middle, some)),
    ],
    timings: played.timings.map(({ name, medianMs }, index) => ({
      name,
      medianMs,
      perSecond: ((sizes[index] ?? size) * 1_000) / medianMs,
    })),
  };
}

/** They differ in how many they reach, and each is to reach everyone. */
function alike(muster: Muster, count: number): Contender {
  return {
    name: muster.name,
    run: async () => ((await muster.run()) === `${count} received` ? "everyone" : "not everyone"),
  };
}
