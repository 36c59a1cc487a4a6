/** A table of somebody who uses Muster, to which the conformance kit writes in transactions. */

import type { TransactionProbe } from "@muster/conformance";
import { Pool } from "pg";
import type { PostgresTransaction } from "../src/index.ts";

const TABLE = "create table if not exists public.notes (key text not null)";

/** The table is made when it is first asked for. */
export function notesIn(url: string): TransactionProbe {
  return {
    write: async (transaction, key) => {
      const own = transaction as PostgresTransaction; // The kit hands on what this subject's slot has given it.
      await own.query(TABLE);
      await own.query("insert into public.notes values ($1)", [key]);
    },
    read: async (key) => {
      const pool = new Pool({ connectionString: url, max: 1 });
      pool.on("error", () => undefined);
      try {
        await pool.query(TABLE);
        const { rows } = await pool.query<{ count: string }>("select count(*) from public.notes where key = $1", [key]);
        return Number(rows[0]?.count);
      } finally {
        await pool.end();
      }
    },
  };
}
