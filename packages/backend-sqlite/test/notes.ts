/** A table of somebody who uses Muster, to which the conformance kit writes in transactions. */

import type { TransactionProbe } from "@muster/conformance";
import Database from "libsql";
import type { SqliteTransaction } from "../src/index.ts";

export function makeNotes(path: string): void {
  const database = new Database(path);
  database.exec("pragma journal_mode = wal; create table if not exists notes (key text not null) strict");
  database.close();
}

export function notesIn(path: string): TransactionProbe {
  return {
    write: async (transaction, key) => {
      const own = transaction as SqliteTransaction; // The kit hands on what this subject's slot has given it.
      await own.query("insert into notes values (?)", [key]);
    },
    read: async (key) => {
      const database = new Database(path, { timeout: 5_000 });
      try {
        const [count] = database.prepare("select count(*) from notes where key = ?").raw().get([key]) as [number];
        return count;
      } finally {
        database.close();
      }
    },
  };
}
