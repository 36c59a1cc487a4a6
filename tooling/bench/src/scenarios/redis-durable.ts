/** Durable multicasts over Redis, and their queues, against bare streams. */

import { redisDurability, redisMessaging, redisRegistry } from "@muster/backend-redis";
import { type Fleet, openRegistry } from "@muster/core";
import type { DurabilityBackend } from "@muster/core/slots";
import { Redis } from "ioredis";
import { NODES, PATIENT } from "../fleets.ts";
import { FleetQueue } from "../queues/fleet-queue.ts";
import { RawStreams } from "../queues/raw-streams.ts";
import { latenciesOf } from "../queues/latency.ts";
import { SlotQueue } from "../queues/slot-queue.ts";
import { playRounds } from "../rounds.ts";
import { type Outcome, rowOf, type Scenario, type Settings } from "../scenario.ts";
import { benchServer } from "../servers.ts";

export const redisDurableScenario: Scenario = {
  name: "redis-durable",
  about: "durable multicasts and queues over Redis, against XADD, XREADGROUP and XACK of the bare driver",
  defaultSize: 10_000,
  needsServers: true,
  run,
};

async function openFleet(url: string, namespace: string): Promise<Fleet> {
  return await openRegistry({
    namespace,
    registry: redisRegistry({ url }),
    messaging: redisMessaging({ url }),
    durability: redisDurability({ url }),
    timing: PATIENT,
  });
}

async function run({ size, rounds }: Settings): Promise<Outcome> {
  await using server = await benchServer("redis");
  const { url } = server;
  const redis = new Redis(url);
  try {
    const frames = new RawStreams({ redis, size, sessions: NODES, each: "frame" });
    const entries = new RawStreams({ redis, size, sessions: NODES, each: "recipient" });
    const durability = (): DurabilityBackend => redisDurability({ url });
    await using slot = await SlotQueue.open({ durability, sessions: NODES }, size);
    const enqueuing = await playRounds([frames.enqueuing, entries.enqueuing, slot.enqueuing], { rounds, size });
    const draining = await playRounds([frames.draining, entries.draining, slot.draining], { rounds, size });
    await using served = await FleetQueue.open({ open: async (namespace) => openFleet(url, namespace) }, size, true);
    const delivering = await playRounds([served.delivering], { rounds, size });
    const latencies = await latenciesOf(served);
    const enqueued = (than: string): readonly number[] => enqueuing.speedup(slot.enqueuing.name, than);
    const drained = (than: string): readonly number[] => draining.speedup(slot.draining.name, than);
    return {
      rows: [
        rowOf("speed of enqueueMany / XADD of the same frames", "×", enqueued(frames.enqueuing.name), {
          atLeast: 0.8,
          floor: 0.6,
        }),
        rowOf("… / XADD of an entry for each recipient", "×", enqueued(entries.enqueuing.name)),
        rowOf(
          "speed of dequeue and settle / XREADGROUP and XACK of an entry for each",
          "×",
          drained(entries.draining.name),
          {
            atLeast: 0.6,
            floor: 0.4,
          },
        ),
        rowOf("… / of the same frames", "×", drained(frames.draining.name)),
      ],
      timings: [...enqueuing.timings, ...draining.timings, ...delivering.timings],
      latencies,
    };
  } finally {
    redis.disconnect();
  }
}
