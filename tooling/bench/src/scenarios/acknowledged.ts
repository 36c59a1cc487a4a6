/**
 * Multicasts over NATS that every recipient acknowledges, until the sender's report says so, against the bare driver that is
 * told nothing: the same payload, as many processes.
 */

import { NODES, PAYLOAD } from "../fleets.ts";
import type { RegistryPlace } from "../receivers/plan.ts";
import { besideMemory, checkSlot } from "../beside-memory.ts";
import { playRounds, type Rounds } from "../rounds.ts";
import { type Outcome, rowOf, type Scenario, type Settings } from "../scenario.ts";
import { multicasts } from "../senders/multicasts.ts";
import { Muster } from "../senders/muster.ts";
import { RawNats } from "../senders/raw-nats.ts";
import { benchServer } from "../servers.ts";

export const acknowledgedScenario: Scenario = {
  name: "acknowledged",
  about: "acknowledged multicasts over NATS to other processes, against the bare driver without acknowledgements",
  defaultSize: 100_000,
  needsServers: true,
  run,
  async runOn(composition, settings) {
    checkSlot(composition, "messaging");
    return await besideMemory(composition, settings, { "acknowledged multicasts": multicasts("at-least-once") });
  },
};

const EACH = "raw, a subscription each";
const WILD = "raw, wildcards";
const REDIS = "registry on Redis";
const AT_HAND = "registry at hand";

async function run({ size, rounds }: Settings): Promise<Outcome> {
  await using nats = await benchServer("nats");
  await using redis = await benchServer("redis");
  const urls = { nats: nats.url, redis: redis.url };
  const played = await play(urls, size, rounds);
  return {
    rows: [
      rowOf("speed of acknowledged / raw", "×", played.speedup(REDIS, EACH, WILD), { atLeast: 2.5, floor: 2 }),
      rowOf("… with the registry at hand", "×", played.speedup(AT_HAND, EACH, WILD)),
    ],
    timings: played.timings,
  };
}

async function play(
  urls: { readonly nats: string; readonly redis: string },
  size: number,
  rounds: number,
): Promise<Rounds> {
  const muster = (name: string, namespace: string, registry: RegistryPlace): Promise<Muster> =>
    Muster.open(
      name,
      { namespace, registry, messaging: { at: "nats", url: urls.nats }, size, nodes: NODES, addresses: "node" },
      { payload: PAYLOAD, delivery: "at-least-once" },
    );
  await using each = await RawNats.open(EACH, { prefix: "raw.each.", size }, urls.nats, PAYLOAD);
  await using wild = await RawNats.open(WILD, { prefix: "raw.wild.", size, wildcard: ">" }, urls.nats, PAYLOAD);
  await using onRedis = await muster(REDIS, "redis", { at: "redis", url: urls.redis });
  await using atHand = await muster(AT_HAND, "hand", { at: "sender" });
  return await playRounds([each, wild, onRedis, atHand], { rounds, size });
}
