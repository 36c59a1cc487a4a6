/** Durable multicasts over PostgreSQL, and their queues, against a queue that is written by hand in the same database. */

import { postgresDurability, postgresMessaging, postgresRegistry } from "@muster/backend-postgres";
import { type Fleet, openRegistry } from "@muster/core";
import type { DurabilityBackend } from "@muster/core/slots";
import { Pool } from "pg";
import { PATIENT } from "../fleets.ts";
import { FleetQueue } from "../queues/fleet-queue.ts";
import { HandQueue } from "../queues/hand-queue.ts";
import { forgetMessages } from "../queues/postgres-leftovers.ts";
import { latenciesOf } from "../queues/latency.ts";
import { SlotQueue } from "../queues/slot-queue.ts";
import { playRounds } from "../rounds.ts";
import { type Outcome, rowOf, type Scenario, type Settings } from "../scenario.ts";
import { benchServer } from "../servers.ts";

export const postgresDurableScenario: Scenario = {
  name: "postgres-durable",
  about: "durable multicasts and queues over PostgreSQL, against an unnest and a SKIP LOCKED loop by hand",
  defaultSize: 10_000,
  needsServers: true,
  run,
};

async function openFleet(url: string, namespace: string): Promise<Fleet> {
  return await openRegistry({
    namespace,
    registry: postgresRegistry({ url }),
    messaging: postgresMessaging({ url }),
    durability: postgresDurability({ url }),
    timing: PATIENT,
  });
}

async function run({ size, rounds }: Settings): Promise<Outcome> {
  await using server = await benchServer("postgres");
  const url = `${server.url}/postgres`;
  const pool = new Pool({ connectionString: url });
  try {
    const hand = await HandQueue.open(pool, size);
    const forget = async (): Promise<void> => forgetMessages(pool);
    const durability = (): DurabilityBackend => postgresDurability({ pool });
    await using slot = await SlotQueue.open({ durability, forget }, size);
    const fleets = { open: (namespace: string) => openFleet(url, namespace), forget };
    await using away = await FleetQueue.open(fleets, size, false);
    const enqueuing = await playRounds([hand.enqueuing, hand.enqueuingAway, slot.enqueuing, away.enqueuing], {
      rounds,
      size,
    });
    const draining = await playRounds([hand.draining, slot.draining], { rounds, size });
    await using served = await FleetQueue.open(fleets, size, true);
    const delivering = await playRounds([served.delivering], { rounds, size });
    const latencies = await latenciesOf(served);
    const [unnest, unnestAway, loop] = [hand.enqueuing.name, hand.enqueuingAway.name, hand.draining.name];
    return {
      rows: [
        rowOf(
          "speed of a multicast to who is away / one unnest",
          "×",
          enqueuing.speedup(away.enqueuing.name, unnestAway),
          {
            atLeast: 0.8,
            floor: 0.6,
          },
        ),
        rowOf("… of the slot alone", "×", enqueuing.speedup(slot.enqueuing.name, unnest)),
        rowOf("speed of dequeue and settle / a SKIP LOCKED loop", "×", draining.speedup(slot.draining.name, loop), {
          atLeast: 0.6,
          floor: 0.5,
        }),
      ],
      timings: [...enqueuing.timings, ...draining.timings, ...delivering.timings],
      latencies,
    };
  } finally {
    await pool.end();
  }
}
