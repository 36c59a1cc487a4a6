/**
 * Multicasts over Redis Pub/Sub until fleets in other processes have counted the last message, against the bare driver
 * until bare subscribers, one channel for each identity, have.
 */

import { NODES, PAYLOAD } from "../fleets.ts";
import type { RegistryPlace } from "../receivers/plan.ts";
import { playRounds } from "../rounds.ts";
import { type Outcome, rowOf, type Scenario, type Settings } from "../scenario.ts";
import { Muster } from "../senders/muster.ts";
import { RawRedis } from "../senders/raw-redis.ts";
import { benchServer } from "../servers.ts";

export const redisPubsubScenario: Scenario = {
  name: "redis-pubsub",
  about: "multicasts over Redis Pub/Sub to other processes, against the bare driver",
  defaultSize: 10_000,
  needsServers: true,
  run,
};

async function run({ size, rounds }: Settings): Promise<Outcome> {
  await using redis = await benchServer("redis");
  const { url } = redis;
  const muster = (name: string, addresses: "node" | "identity", registry: RegistryPlace): Promise<Muster> =>
    Muster.open(
      name,
      {
        namespace: name.replaceAll(/\W+/gu, "-"),
        registry,
        messaging: { at: "redis", url },
        size,
        nodes: addresses === "node" ? NODES : 2,
        addresses,
      },
      { payload: PAYLOAD },
    );
  await using scripted = await RawRedis.open("script", url, size, PAYLOAD);
  await using messages = await RawRedis.open("messages", url, size, PAYLOAD);
  await using pipelined = await RawRedis.open("pipeline", url, size, PAYLOAD);
  await using own = await muster("identity addresses", "identity", { at: "redis", url });
  await using node = await muster("node addresses", "node", { at: "redis", url });
  await using ownHere = await muster("identity addresses, registry at hand", "identity", { at: "sender" });
  await using nodeHere = await muster("node addresses, registry at hand", "node", { at: "sender" });
  await using bare = await Muster.toBareSubscribers("to bare subscribers", { at: "redis", url }, size, PAYLOAD);
  const played = await playRounds([scripted, messages, pipelined, own, node, ownHere, nodeHere, bare], {
    rounds,
    size,
  });
  const toNodes = { atLeast: 7, floor: 5 };
  return {
    rows: [
      rowOf("speed of identity addresses / scripted PUBLISH", "×", played.speedup(own.name, scripted.name), {
        atLeast: 0.8,
      }),
      rowOf("… with the registry at hand", "×", played.speedup(ownHere.name, scripted.name), { atLeast: 0.8 }),
      rowOf("… and the subscribers of raw", "×", played.speedup(bare.name, scripted.name), { atLeast: 0.8 }),
      rowOf(
        "speed of identity addresses / scripted PUBLISH of a message each",
        "×",
        played.speedup(own.name, messages.name),
      ),
      rowOf("speed of node addresses / pipelined PUBLISH", "×", played.speedup(node.name, pipelined.name), toNodes),
      rowOf("… with the registry at hand", "×", played.speedup(nodeHere.name, pipelined.name), toNodes),
    ],
    timings: played.timings,
  };
}
