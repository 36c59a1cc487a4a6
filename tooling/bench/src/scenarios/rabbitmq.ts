/**
 * Multicasts over RabbitMQ until fleets in other processes have counted the last message, each of them confirmed, against
 * the bare driver, without confirms or waiting for each, until bare consumers, a binding for each identity, have.
 */

import { NODES, PAYLOAD } from "../fleets.ts";
import type { FleetPlan } from "../receivers/plan.ts";
import { playRounds } from "../rounds.ts";
import { type Outcome, rowOf, type Scenario, type Settings } from "../scenario.ts";
import { Muster } from "../senders/muster.ts";
import { RawRabbitmq } from "../senders/raw-rabbitmq.ts";
import { benchServer } from "../servers.ts";

export const rabbitmqScenario: Scenario = {
  name: "rabbitmq",
  about: "multicasts over RabbitMQ to other processes, against the bare driver without confirms",
  defaultSize: 10_000,
  needsServers: true,
  run,
};

async function run({ size, rounds }: Settings): Promise<Outcome> {
  await using rabbitmq = await benchServer("rabbitmq");
  const { url } = rabbitmq;
  const muster = (name: string, addresses: FleetPlan["addresses"]): Promise<Muster> =>
    Muster.open(
      name,
      {
        namespace: addresses,
        registry: { at: "sender" },
        messaging: { at: "rabbitmq", url },
        size,
        nodes: addresses === "node" ? NODES : 2,
        addresses,
      },
      { payload: PAYLOAD },
    );
  await using raw = await RawRabbitmq.open("unconfirmed", url, size, PAYLOAD);
  await using awaited = await RawRabbitmq.open("confirmed one by one", url, size, PAYLOAD);
  await using own = await muster("identity addresses", "identity");
  await using node = await muster("node addresses", "node");
  await using bare = await Muster.toBareSubscribers("to bare consumers", { at: "rabbitmq", url }, size, PAYLOAD);
  const played = await playRounds([raw, awaited, own, bare, node], { rounds, size });
  return {
    rows: [
      rowOf("speed of identity addresses / raw, unconfirmed", "×", played.speedup(own.name, raw.name), {
        atLeast: 0.7,
      }),
      rowOf("… and the consumers of raw", "×", played.speedup(bare.name, raw.name), { atLeast: 0.7 }),
      rowOf("speed of identity addresses / raw, confirmed one by one", "×", played.speedup(own.name, awaited.name)),
      rowOf("speed of node addresses / identity addresses", "×", played.speedup(node.name, own.name), { atLeast: 3 }),
    ],
    timings: played.timings,
  };
}
