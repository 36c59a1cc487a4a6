/**
 * Multicasts over Kafka until fleets in other processes have counted the last message, against the bare driver: one `send`
 * of as many keyed messages, and one of the frames that go to node addresses, until bare consumers have.
 */

import { framesOf } from "../frames.ts";
import { NODES, PAYLOAD } from "../fleets.ts";
import { pacedArrivals } from "../paced.ts";
import type { FleetPlan } from "../receivers/plan.ts";
import { playRounds } from "../rounds.ts";
import { type Outcome, rowOf, type Scenario, type Settings } from "../scenario.ts";
import { Muster } from "../senders/muster.ts";
import { RawKafka } from "../senders/raw-kafka.ts";
import { Slot } from "../senders/slot.ts";
import { benchServer } from "../servers.ts";

export const kafkaScenario: Scenario = {
  name: "kafka",
  about: "multicasts over Kafka to other processes, against the bare driver",
  defaultSize: 10_000,
  needsServers: true,
  run,
};

async function run({ size, rounds }: Settings): Promise<Outcome> {
  await using kafka = await benchServer("kafka");
  const { url } = kafka;
  const muster = (name: string, addresses: FleetPlan["addresses"]): Promise<Muster> =>
    Muster.open(
      name,
      {
        namespace: addresses,
        registry: { at: "sender" },
        messaging: { at: "kafka", url },
        size,
        nodes: addresses === "node" ? NODES : 2,
        addresses,
      },
      { payload: PAYLOAD },
    );
  await using keyed = await RawKafka.open("raw, a message each", url, size, {
    topic: "raw-keyed",
    bodies: Array.from({ length: size }, () => PAYLOAD),
  });
  const frames = await framesOf(size, NODES, PAYLOAD);
  await using framed = await RawKafka.open("raw, the same frames", url, size, { topic: "raw-frames", bodies: frames });
  await using own = await muster("identity addresses", "identity");
  await using node = await muster("node addresses", "node");
  await using slot = await Slot.open("the slot, the same frames", { at: "kafka", url }, size, frames);
  const played = await playRounds([keyed, own, framed, slot, node], { rounds, size });
  const perSecond = played.timings.find(({ name }) => name === own.name)?.perSecond ?? 1_000;
  return {
    rows: [
      rowOf("speed of identity addresses / raw, a message each", "×", played.speedup(own.name, keyed.name), {
        atLeast: 0.5,
      }),
      rowOf("speed of node addresses / raw, the same frames", "×", played.speedup(node.name, framed.name), {
        atLeast: 0.7,
      }),
      rowOf("speed of the slot alone / raw, the same frames", "×", played.speedup(slot.name, framed.name)),
      ...(await pacedArrivals({ at: "kafka", url }, perSecond)),
    ],
    timings: played.timings,
  };
}
