/** Durable multicasts over Kafka, and what it takes to come back to a log that went on for others. */

import { kafkaDurability, kafkaMessaging } from "@muster/backend-kafka";
import { memoryHub, memoryRegistry } from "@muster/backend-memory";
import { openRegistry } from "@muster/core";
import { PATIENT } from "../fleets.ts";
import { Away } from "../queues/away.ts";
import { FleetQueue, type Fleets } from "../queues/fleet-queue.ts";
import { latenciesOf, pacedLatencies } from "../queues/latency.ts";
import { playRounds } from "../rounds.ts";
import { type Outcome, rowOf, type Scenario, type Settings } from "../scenario.ts";
import { benchServer } from "../servers.ts";
import { CALL } from "../store.ts";

export const kafkaDurableScenario: Scenario = {
  name: "kafka-durable",
  about: "durable multicasts over Kafka, and replays of its log",
  defaultSize: 10_000,
  needsServers: true,
  run,
};

/** Of the default size; a smaller one, of which nothing is quoted, has as many less. */
const RECORDS = 100_000;

/** Registries in this process, so that what is measured is the queues. */
function fleetsOver(url: string): Fleets {
  const hub = memoryHub();
  return {
    open: (namespace) =>
      openRegistry({
        namespace,
        registry: memoryRegistry({ hub }),
        messaging: kafkaMessaging({ url }),
        durability: kafkaDurability({ url }),
        timing: PATIENT,
      }),
  };
}

async function run({ size, rounds }: Settings): Promise<Outcome> {
  await using server = await benchServer("kafka");
  const { url } = server;
  await using served = await FleetQueue.open(fleetsOver(url), size, true);
  const played = await playRounds([served.delivering], { rounds, size });
  const { name } = served.delivering;
  const perSecond = played.timings.find((timing) => timing.name === name)?.perSecond ?? Number.NaN;
  const latencies = [...(await latenciesOf(served)), await pacedLatencies(served, perSecond)];
  await using away = await Away.after(Math.min(RECORDS, 10 * size), async () => {
    const durability = kafkaDurability({ url, shards: 1 });
    await durability.open({ namespace: "away" }, CALL);
    return durability;
  });
  const replays: number[] = [];
  for (let round = 0; round < rounds; round += 1) replays.push(await away.comeBack());
  return {
    rows: [
      rowOf("back to a log that has 100,000 more records, until it has its message", "ms", replays, { atMost: 1_000 }),
    ],
    timings: played.timings,
    latencies,
  };
}
