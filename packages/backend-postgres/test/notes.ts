/** A table of somebody who uses Muster, to which the conformance kit writes in transactions. */

import type { OutboxProbe, TransactionProbe } from "@muster/conformance";
import { Client, Pool } from "pg";
import type { PostgresTransaction } from "../src/index.ts";

export async function makeNotes(url: string): Promise<void> {
  await asked(url, "create table public.notes (key text not null)");
}

export function notesIn(url: string): TransactionProbe {
  return {
    write: async (transaction, key) => {
      const own = transaction as PostgresTransaction; // The kit hands on what this subject's slot has given it.
      await own.query("insert into public.notes values ($1)", [key]);
    },
    read: async (key) => {
      const [row] = await asked(url, "select count(*) from public.notes where key = $1", [key]);
      return Number(row?.["count"]);
    },
  };
}

/** Each transaction has a connection of its own, which ends with it. */
export function ownTransactionsIn(url: string): OutboxProbe<Client> {
  return {
    read: notesIn(url).read,
    begin: async () => {
      const client = new Client({ connectionString: url });
      client.on("error", () => undefined); // The server is restarted now and then.
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
        write: async (key) => void (await client.query("insert into public.notes values ($1)", [key])),
        commit: async () => end("commit"),
        rollback: async () => end("rollback"),
      };
    },
  };
}

async function asked(
  url: string,
  text: string,
  values: readonly unknown[] = [],
): Promise<readonly Record<string, unknown>[]> {
  const pool = new Pool({ connectionString: url, max: 1 });
  pool.on("error", () => undefined); // The server is restarted now and then.
  try {
    const { rows } = await pool.query<Record<string, unknown>>(text, [...values]);
    return rows;
  } finally {
    await pool.end();
  }
}
