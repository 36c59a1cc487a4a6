/** PostgreSQL fills all three slots, and its transactions are also those of the handlers' own writes. */

import {
  postgresDurability,
  postgresMessaging,
  postgresRegistry,
  type PostgresTransaction,
} from "@muster/backend-postgres";
import type { Subject, TransactionProbe } from "@muster/conformance";
import { withMortalProcesses } from "@muster/conformance/processes";
import { Pool } from "pg";

/** With a table for the kit to write to, and with processes that die, each of which imports this module. */
export async function postgres(url: string): Promise<Subject> {
  const pool = poolOf(url, 2);
  await pool.query("create table if not exists public.effects (key text not null)");
  const whole: Subject = {
    ...subject(url),
    transactionProbe: effectsIn(pool),
    close: async () => pool.end(),
  };
  return withMortalProcesses(whole, new URL(import.meta.url), { args: [url] });
}

/** @public Clients and nothing else; in a process that dies they are not closed, nor is the pool. */
export function subject(url: string): Subject {
  const options = { url, maxConnections: 4 };
  return {
    name: "postgres",
    patienceMs: 15_000,
    registry: () => postgresRegistry(options),
    messaging: () => postgresMessaging(options),
    durability: () => postgresDurability(options),
    transactionProbe: effectsIn(poolOf(url, 1)),
  };
}

function poolOf(url: string, max: number): Pool {
  const pool = new Pool({ connectionString: url, max, allowExitOnIdle: true });
  pool.on("error", () => undefined); // The server may end before an idle connection has.
  return pool;
}

function effectsIn(pool: Pool): TransactionProbe {
  return {
    async write(transaction, key): Promise<void> {
      const own = transaction as PostgresTransaction; // The kit hands on what this subject's slot has given it.
      await own.query("insert into public.effects values ($1)", [key]);
    },
    async read(key): Promise<number> {
      const { rows } = await pool.query<{ n: string }>("select count(*) n from public.effects where key = $1", [key]);
      return Number(rows[0]?.n);
    },
  };
}
