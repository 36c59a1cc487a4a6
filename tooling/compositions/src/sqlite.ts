/**
 * SQLite fills the registry and the durability slot, and there is no messaging: processes share a file and nothing else, and
 * its transactions are also those of the handlers' own writes.
 */

import { type SqliteTransaction, sqliteDurability, sqliteFile, sqliteRegistry } from "@muster/backend-sqlite";
import type { Subject, TransactionProbe } from "@muster/conformance";
import { withMortalProcesses } from "@muster/conformance/processes";
import { compile } from "@muster/testing/compile";
import Database from "libsql";

/** With a table for the kit to write to, and with processes that die, each of which imports this module. */
export function sqlite(path: string): Subject {
  const database = new Database(path);
  database.exec("pragma journal_mode = wal; create table if not exists effects (key text not null) strict");
  database.close();
  const worker = new URL("./thread/worker.ts", import.meta.resolve("@muster/backend-sqlite"));
  return withMortalProcesses(subject(path), new URL(import.meta.url), {
    args: [path],
    compile: async (sources) => compile({ ...sources, worker }),
  });
}

/** @public Clients and nothing else; in a process that dies they are not closed. */
export function subject(path: string): Subject {
  let file = sqliteFile({ path });
  return {
    name: "sqlite",
    patienceMs: 15_000,
    // The two of one process share its thread; each process has one of its own.
    registry: () => {
      file = sqliteFile({ path });
      return sqliteRegistry({ file });
    },
    durability: () => sqliteDurability({ file }),
    transactionProbe: effectsIn(path),
  };
}

function effectsIn(path: string): TransactionProbe {
  return {
    async write(transaction, key): Promise<void> {
      const own = transaction as SqliteTransaction; // The kit hands on what this subject's slot has given it.
      await own.query("insert into effects values (?)", [key]);
    },
    async read(key): Promise<number> {
      const database = new Database(path, { timeout: 5_000 });
      try {
        const [count] = database.prepare("select count(*) from effects where key = ?").raw().get([key]) as [number]; // As raw mode gives it.
        return count;
      } finally {
        database.close();
      }
    },
  };
}
