/** Durable multicasts over RabbitMQ, against the bare driver that awaits each confirm. */

import { memoryHub, memoryRegistry } from "@muster/backend-memory";
import { rabbitmqDurability, rabbitmqMessaging } from "@muster/backend-rabbitmq";
import { openRegistry } from "@muster/core";
import { PATIENT } from "../fleets.ts";
import { FleetQueue, type Fleets } from "../queues/fleet-queue.ts";
import { latenciesOf, pacedLatencies } from "../queues/latency.ts";
import { RawQuorumQueue } from "../queues/raw-quorum-queue.ts";
import { playRounds } from "../rounds.ts";
import { type Outcome, rowOf, type Scenario, type Settings } from "../scenario.ts";
import { benchServer } from "../servers.ts";

export const rabbitmqDurableScenario: Scenario = {
  name: "rabbitmq-durable",
  about: "durable multicasts over RabbitMQ, against the bare driver that awaits each confirm",
  defaultSize: 10_000,
  needsServers: true,
  run,
};

/** Registries in this process, so that what is measured is the queues. */
function fleetsOver(url: string): Fleets {
  const hub = memoryHub();
  return {
    open: (namespace) =>
      openRegistry({
        namespace,
        registry: memoryRegistry({ hub }),
        messaging: rabbitmqMessaging({ url }),
        durability: rabbitmqDurability({ url }),
        timing: PATIENT,
      }),
  };
}

async function run({ size, rounds }: Settings): Promise<Outcome> {
  await using server = await benchServer("rabbitmq");
  const { url } = server;
  await using raw = await RawQuorumQueue.open(url, size);
  await using served = await FleetQueue.open(fleetsOver(url), size, true);
  const played = await playRounds([raw, served.delivering], { rounds, size });
  const { name } = served.delivering;
  const perSecond = played.timings.find((timing) => timing.name === name)?.perSecond ?? Number.NaN;
  return {
    rows: [
      rowOf(
        "speed of a multicast, acknowledged / raw, persistent, confirmed one by one",
        "×",
        played.speedup(name, raw.name),
        {
          atLeast: 10,
        },
      ),
    ],
    timings: played.timings,
    latencies: [...(await latenciesOf(served)), await pacedLatencies(served, perSecond)],
  };
}
