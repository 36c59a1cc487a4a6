/** What many registers at once over PostgreSQL cost, against COPY into the same tables. */

import { postgresRegistry } from "@muster/backend-postgres";
import type { RegistryBackend } from "@muster/core/slots";
import { Pool } from "pg";
import { sensors } from "../documents.ts";
import { Copies, emptyRegistry } from "../postgres-writers.ts";
import { FleetRegisters, SlotWrites } from "../registry-writers.ts";
import { playRounds } from "../rounds.ts";
import { type Outcome, rowOf, type Scenario, type Settings } from "../scenario.ts";
import { benchServer } from "../servers.ts";
import { BATCH } from "../store.ts";

export const postgresRegisterScenario: Scenario = {
  name: "postgres-register",
  about: "many registers at once over PostgreSQL, against COPY into the same tables",
  defaultSize: 10_000,
  needsServers: true,
  run,
};

async function run({ size, rounds }: Settings): Promise<Outcome> {
  await using server = await benchServer("postgres");
  const pool = new Pool({ connectionString: `${server.url}/postgres` });
  try {
    const documents = sensors(size);
    const registry = (): RegistryBackend => postgresRegistry({ pool });
    const writes = { documents, atOnce: BATCH, registry, empty: async () => emptyRegistry(pool) };
    await using slot = await SlotWrites.open("setMany of 1,000", writes);
    await using fleet = await FleetRegisters.open("registers", { ...writes, atOnce: size });
    const played = await playRounds([new Copies(pool, documents), slot, fleet], { rounds, size });
    return {
      rows: [
        rowOf("speed of register, all at once / COPY", "×", played.speedup("registers", "COPY"), {
          atLeast: 0.45,
          floor: 0.3,
        }),
        rowOf("… of setMany of 1,000, one after the other", "×", played.speedup("setMany of 1,000", "COPY")),
      ],
      timings: played.timings,
    };
  } finally {
    await pool.end();
  }
}
