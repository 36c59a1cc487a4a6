/** Multicasts in transactions over PostgreSQL, and the relay that hands them over, against tables that are written by hand. */

import { Pool } from "pg";
import { FleetOutbox } from "../outboxes/fleet-outbox.ts";
import { HandOutbox } from "../outboxes/hand-outbox.ts";
import { RelayBench } from "../outboxes/relay.ts";
import { HandQueue } from "../queues/hand-queue.ts";
import { playRounds } from "../rounds.ts";
import { type Outcome, rowOf, type Scenario, type Settings } from "../scenario.ts";
import { benchServer } from "../servers.ts";

const MULTICASTS = 100;

export const postgresOutboxScenario: Scenario = {
  name: "postgres-outbox",
  about: "multicasts in a transaction over PostgreSQL, and their relay, against rows and a SKIP LOCKED loop by hand",
  defaultSize: 10_000,
  needsServers: true,
  run,
};

async function run({ size, rounds }: Settings): Promise<Outcome> {
  await using server = await benchServer("postgres");
  const pool = new Pool({ connectionString: `${server.url}/postgres` });
  try {
    await using atHand = await FleetOutbox.open(pool, size, "at hand");
    await using far = await FleetOutbox.open(pool, size, "postgres");
    const hand = await HandOutbox.open(pool, size);
    const contenders = [hand.recording, atHand.recording("a multicast recorded"), far.recording("… from PostgreSQL")];
    const recording = await playRounds(contenders, { rounds, size });
    const [byHand = "", recorded = "", scanned = ""] = contenders.map(({ name }) => name);

    const recipients = Math.ceil(size / 10);
    const queue = await HandQueue.open(pool, MULTICASTS * recipients);
    await using relay = await RelayBench.open(pool, { multicasts: MULTICASTS, recipients });
    const [draining, relaying] = [queue.draining, relay.relaying];
    const handingOver = await playRounds([draining, relaying], { rounds, size: MULTICASTS * recipients });
    return {
      rows: [
        rowOf(
          "speed of a multicast in a transaction / the same rows by hand",
          "×",
          recording.speedup(recorded, byHand),
          {
            atLeast: 0.8,
            floor: 0.6,
          },
        ),
        rowOf("… with the scan of the PostgreSQL registry", "×", recording.speedup(scanned, byHand)),
        rowOf(
          "speed of a relay / draining as many rows by hand",
          "×",
          handingOver.speedup(relaying.name, draining.name),
          {
            atLeast: 0.6,
            floor: 0.5,
          },
        ),
      ],
      timings: [...recording.timings, ...handingOver.timings],
    };
  } finally {
    await pool.end();
  }
}
