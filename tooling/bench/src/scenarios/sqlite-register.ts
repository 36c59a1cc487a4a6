/** What many registers at once over SQLite cost, against inserts into the same tables. */

import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { sqliteRegistry } from "@muster/backend-sqlite";
import { sensors } from "../documents.ts";
import { FleetRegisters, SlotWrites } from "../registry-writers.ts";
import { playRounds } from "../rounds.ts";
import { type Outcome, rowOf, type Scenario, type Settings } from "../scenario.ts";
import { RawConnection, RawInserts } from "../sqlite-writers.ts";
import { BATCH, CALL } from "../store.ts";

export const sqliteRegisterScenario: Scenario = {
  name: "sqlite-register",
  about: "many registers at once over SQLite, against inserts into the same tables in one transaction",
  defaultSize: 10_000,
  run,
};

async function run({ size, rounds }: Settings): Promise<Outcome> {
  const folder = await mkdtemp(join(tmpdir(), "muster-bench-"));
  try {
    return await race({ path: join(folder, "fleet.db"), synchronous: "full" } as const, size, rounds);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

async function race(
  options: { readonly path: string; readonly synchronous: "full" },
  size: number,
  rounds: number,
): Promise<Outcome> {
  await using registry = sqliteRegistry(options);
  await registry.open({ namespace: "bench" }, CALL);
  using raw = new RawConnection(options);
  const documents = sensors(size);
  const writes = { documents, atOnce: BATCH, registry: () => sqliteRegistry(options), empty: () => raw.empty() };
  await using slot = await SlotWrites.open("setMany of 1,000", writes);
  await using fleet = await FleetRegisters.open("registers", { ...writes, atOnce: size });
  const played = await playRounds([new RawInserts(raw, documents), slot, fleet], { rounds, size });
  const goal = { atLeast: 0.5 };
  return {
    rows: [
      rowOf("speed of register, all at once / inserts", "×", played.speedup("registers", "inserts"), goal),
      rowOf("… of setMany of 1,000", "×", played.speedup("setMany of 1,000", "inserts"), goal),
    ],
    timings: played.timings,
  };
}
