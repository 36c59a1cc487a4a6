/**
 * Multicasts over NATS to 20 node addresses until fleets in other processes have counted the last message, against the bare
 * driver until bare subscribers in other processes have: the same payload, as many processes, the same end point.
 */

import { KIB, NODES, PAYLOAD } from "../fleets.ts";
import type { RegistryPlace } from "../receivers/plan.ts";
import { playRounds, type Rounds } from "../rounds.ts";
import { type Goal, type Outcome, type Row, rowOf, type Scenario, type Settings } from "../scenario.ts";
import { Muster } from "../senders/muster.ts";
import { RawNats } from "../senders/raw-nats.ts";
import { benchServer } from "../servers.ts";

export const natsScenario: Scenario = {
  name: "nats",
  about: "multicasts over NATS to 20 node addresses in other processes, against the bare driver",
  defaultSize: 100_000,
  needsServers: true,
  run,
};

/** Names of the contenders, in every part. */
const EACH = "raw, a subscription each";
const WILD = "raw, wildcards";
const REDIS = "registry on Redis";
const AT_HAND = "registry at hand";

interface Part {
  readonly name: string;
  readonly payload: string;
  readonly goal: Goal;
}

async function run({ size, rounds }: Settings): Promise<Outcome> {
  await using nats = await benchServer("nats");
  await using redis = await benchServer("redis");
  const urls = { nats: nats.url, redis: redis.url };
  const parts: readonly Part[] = [
    { name: "node addresses", payload: PAYLOAD, goal: { atLeast: 3, floor: 2 } },
    { name: "node addresses, 1 KiB", payload: KIB, goal: { atLeast: 10, floor: 8 } },
  ];
  const rows: Row[] = [];
  const timings: Outcome["timings"][number][] = [];
  for (const { name, payload, goal } of parts) {
    const played = await play(urls, payload, { size, rounds });
    rows.push(
      rowOf(`speed of ${name} / raw`, "×", played.speedup(REDIS, EACH, WILD), goal),
      rowOf("… with the registry at hand", "×", played.speedup(AT_HAND, EACH, WILD), goal),
    );
    timings.push(...played.timings.map((timing) => ({ ...timing, name: `${name}: ${timing.name}` })));
  }
  return { rows, timings };
}

async function play(
  urls: { readonly nats: string; readonly redis: string },
  payload: string,
  { size, rounds }: Settings,
): Promise<Rounds> {
  const muster = (name: string, namespace: string, registry: RegistryPlace): Promise<Muster> =>
    Muster.open(
      name,
      { namespace, registry, messaging: { at: "nats", url: urls.nats }, size, nodes: NODES, addresses: "node" },
      { payload },
    );
  await using each = await RawNats.open(EACH, { prefix: "raw.each.", size }, urls.nats, payload);
  await using wild = await RawNats.open(WILD, { prefix: "raw.wild.", size, wildcard: ">" }, urls.nats, payload);
  await using onRedis = await muster(REDIS, `redis-${payload.length}`, { at: "redis", url: urls.redis });
  await using atHand = await muster(AT_HAND, `hand-${payload.length}`, { at: "sender" });
  return await playRounds([each, wild, onRedis, atHand], { rounds, size });
}
