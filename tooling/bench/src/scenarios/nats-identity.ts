/**
 * Multicasts over NATS to an address for each identity, until the last message has been counted in other processes, against
 * the bare driver, which publishes to a subject for each.
 */

import { PAYLOAD } from "../fleets.ts";
import type { RegistryPlace } from "../receivers/plan.ts";
import { type Contender, playRounds, type Rounds } from "../rounds.ts";
import { type Goal, type Outcome, rowOf, type Scenario, type Settings } from "../scenario.ts";
import { Muster } from "../senders/muster.ts";
import { RawNats } from "../senders/raw-nats.ts";
import { benchServer } from "../servers.ts";

export const natsIdentityScenario: Scenario = {
  name: "nats-identity",
  about: "multicasts over NATS to an address for each identity, against a publish for each and one flush",
  defaultSize: 10_000,
  needsServers: true,
  run,
};

const EACH = "raw, a subscription each";
const WILD = "raw, wildcards";
const REDIS = "registry on Redis";
const AT_HAND = "registry at hand";
const ADDRESSED = "raw, with headers for each";
const BARE = "to bare subscribers";

/** As many processes. */
const NODES = 2;

/** The bare driver itself is relatively fastest at a hundred thousand. */
function goalAt(size: number): Goal {
  return size === 100_000 ? { atLeast: 0.8, floor: 0.7 } : { atLeast: 0.9, floor: 0.75 };
}

async function run({ size, rounds }: Settings): Promise<Outcome> {
  await using nats = await benchServer("nats");
  await using redis = await benchServer("redis");
  const played = await play({ nats: nats.url, redis: redis.url }, size, rounds);
  const goal = goalAt(size);
  return {
    rows: [
      rowOf("speed of identity addresses / raw", "×", played.speedup(REDIS, EACH, WILD), goal),
      rowOf("… with the registry at hand", "×", played.speedup(AT_HAND, EACH, WILD), goal),
      rowOf("… and the subscribers of raw", "×", played.speedup(BARE, EACH), goal),
      rowOf("… / raw, with headers for each", "×", played.speedup(REDIS, ADDRESSED)),
    ],
    timings: played.timings,
  };
}

async function play(
  urls: { readonly nats: string; readonly redis: string },
  size: number,
  rounds: number,
): Promise<Rounds> {
  const messaging = { at: "nats", url: urls.nats } as const;
  const muster = (name: string, namespace: string, registry: RegistryPlace): Promise<Muster> =>
    Muster.open(
      name,
      { namespace, registry, messaging, size, nodes: NODES, addresses: "identity" },
      { payload: PAYLOAD },
    );
  await using each = await RawNats.open(EACH, { prefix: "raw.each.", size }, urls.nats, PAYLOAD);
  await using wild = await RawNats.open(WILD, { prefix: "raw.wild.", size, wildcard: ">" }, urls.nats, PAYLOAD);
  const headed = { prefix: "raw.headed.", size };
  await using addressed = await RawNats.open(ADDRESSED, headed, urls.nats, PAYLOAD, "addressed");
  await using onRedis = await muster(REDIS, "redis", { at: "redis", url: urls.redis });
  await using atHand = await muster(AT_HAND, "hand", { at: "sender" });
  await using bare = await Muster.toBareSubscribers(BARE, messaging, size, PAYLOAD);
  const contenders: readonly Contender[] = [each, wild, addressed, onRedis, atHand, bare];
  return await playRounds(contenders, { rounds, size });
}
