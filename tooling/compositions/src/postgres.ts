/** PostgreSQL fills all four slots, and its transactions are also those of the handlers' and the senders' own writes. */

import {
  postgresDurability,
  postgresMessaging,
  postgresOutbox,
  postgresRegistry,
  type PostgresTransaction,
} from "@muster/backend-postgres";
import type { OutboxProbe, Subject, TransactionProbe } from "@muster/conformance";
import { withMortalProcesses } from "@muster/conformance/processes";
import { compile } from "@muster/testing/compile";
import { Client, Pool } from "pg";

/** With a table for the kit to write to, and with processes that die, each of which imports this module. */
export async function postgres(url: string): Promise<Subject> {
  const pool = poolOf(url, 2);
  await pool.query("create table if not exists public.effects (key text not null)");
  const whole: Subject = {
    ...subject(url),
    transactionProbe: effectsIn(pool),
    outboxProbe: { ...effectsIn(pool), begin: async () => beginAt(url) },
    close: async () => pool.end(),
  };
  return withMortalProcesses(whole, new URL(import.meta.url), { args: [url], compile });
}

/** @public Clients and nothing else; in a process that dies they are not closed, nor is the pool. */
export function subject(url: string): Subject {
  const options = { url, maxConnections: 4 };
  const effects = effectsIn(poolOf(url, 1));
  return {
    name: "postgres",
    patienceMs: 15_000,
    registry: () => postgresRegistry(options),
    messaging: () => postgresMessaging(options),
    durability: () => postgresDurability(options),
    transactionProbe: effects,
    outbox: () => postgresOutbox(options),
    outboxProbe: { ...effects, begin: async () => beginAt(url) },
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
      await insert(transaction as PostgresTransaction, key); // The kit hands on what this subject's slot has given it.
    },
    async read(key): Promise<number> {
      const { rows } = await pool.query<{ n: string }>("select count(*) n from public.effects where key = $1", [key]);
      return Number(rows[0]?.n);
    },
  };
}

/** On a connection of its own, which ends with it. */
async function beginAt(url: string): ReturnType<OutboxProbe["begin"]> {
  const client = new Client({ connectionString: url });
  client.on("error", () => {}); // Told to whoever asks it something.
  await client.connect();
  await client.query("begin");
  const end = async (how: "commit" | "rollback"): Promise<void> => {
    try {
      await client.query(how);
    } finally {
      await client.end();
    }
  };
  return {
    transaction: client,
    write: async (key) => insert(client, key),
    commit: async () => end("commit"),
    rollback: async () => end("rollback"),
  };
}

async function insert(where: Pick<PostgresTransaction, "query">, key: string): Promise<void> {
  await where.query("insert into public.effects values ($1)", [key]);
}
