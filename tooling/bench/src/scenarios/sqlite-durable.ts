/** Durable multicasts over SQLite, and their queues, against a queue that is written by hand, without a thread. */

import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { sqliteDurability, sqliteFile, sqliteRegistry } from "@muster/backend-sqlite";
import { type Fleet, openRegistry } from "@muster/core";
import type { DurabilityBackend } from "@muster/core/slots";
import Database from "libsql";
import { PATIENT } from "../fleets.ts";
import { FileQueue } from "../queues/file-queue.ts";
import { FleetQueue } from "../queues/fleet-queue.ts";
import { latenciesOf } from "../queues/latency.ts";
import { SlotQueue } from "../queues/slot-queue.ts";
import { playRounds } from "../rounds.ts";
import { type Outcome, rowOf, type Scenario, type Settings } from "../scenario.ts";

export const sqliteDurableScenario: Scenario = {
  name: "sqlite-durable",
  about: "durable multicasts and queues over SQLite, against inserts and a loop by hand",
  defaultSize: 10_000,
  run,
};

async function run({ size, rounds }: Settings): Promise<Outcome> {
  const folder = await mkdtemp(join(tmpdir(), "muster-bench-"));
  try {
    return await race(folder, size, rounds);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

async function race(folder: string, size: number, rounds: number): Promise<Outcome> {
  const path = join(folder, "fleet.db");
  using hand = new FileQueue(join(folder, "hand.db"), size);
  const forget = async (): Promise<void> => forgetMessages(path);
  const durability = (): DurabilityBackend => sqliteDurability({ path });
  await using slot = await SlotQueue.open({ durability, forget }, size);
  const fleets = { open: (namespace: string) => openFleet(path, namespace), forget };
  await using away = await FleetQueue.open(fleets, size, false);
  const enqueuing = await playRounds([hand.enqueuing, slot.enqueuing, away.enqueuing], { rounds, size });
  const draining = await playRounds([hand.draining, slot.draining], { rounds, size });
  await using served = await FleetQueue.open(fleets, size, true);
  const delivering = await playRounds([served.delivering], { rounds, size });
  const latencies = await latenciesOf(served);
  const [inserts, loop] = [hand.enqueuing.name, hand.draining.name];
  return {
    rows: [
      rowOf("speed of dequeue and settle / a loop by hand", "×", draining.speedup(slot.draining.name, loop), {
        atLeast: 0.3,
        floor: 0.2,
      }),
      rowOf("speed of enqueueMany / inserts by hand", "×", enqueuing.speedup(slot.enqueuing.name, inserts)),
      rowOf("… of a multicast to who is away", "×", enqueuing.speedup(away.enqueuing.name, inserts)),
    ],
    timings: [...enqueuing.timings, ...draining.timings, ...delivering.timings],
    latencies,
  };
}

/** Each with a thread of its own, as in two processes. */
async function openFleet(path: string, namespace: string): Promise<Fleet> {
  const file = sqliteFile({ path });
  return await openRegistry({
    namespace,
    registry: sqliteRegistry({ file }),
    durability: sqliteDurability({ file }),
    timing: PATIENT,
  });
}

function forgetMessages(path: string): void {
  const database = new Database(path, { timeout: 10_000 });
  for (const table of ["queue", "terms", "pages", "deliveries", "multicasts", "messages"])
    database.exec(`delete from muster_${table}`);
  database.close();
}
