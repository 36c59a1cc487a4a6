/** A table of somebody who uses Muster, to which the conformance kit writes in transactions. */

import type { TransactionProbe } from "@muster/conformance";
import { Pool } from "pg";
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
