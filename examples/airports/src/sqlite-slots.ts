/** The slots of one process, both on SQLite, and the notes that its receivers keep in the same file. */

import {
  type SqliteFile,
  type SqliteTransaction,
  sqliteDurability,
  sqliteFile,
  sqliteRegistry,
} from "@muster/backend-sqlite";
import { type DeliveryGuarantee, type Fleet, openRegistry } from "@muster/core";
import type { Note } from "./ledger.ts";
import { type Airport, airportSchema } from "./schema.ts";

/** The file that processes share, and nothing else: there is no messaging. */
export interface FilePlace {
  readonly path: string;
  readonly delivery: DeliveryGuarantee;
}

/** @param file what the fleets of one process share; default: one of its own. */
export async function openSqliteFleet(
  { path, delivery }: FilePlace,
  file: SqliteFile = sqliteFile({ path }),
): Promise<Fleet<Airport, Airport, SqliteTransaction>> {
  return await openRegistry({
    namespace: "airports",
    schema: airportSchema,
    registry: sqliteRegistry({ file }),
    durability: sqliteDurability({ file }),
    delivery,
  });
}

/** No key forbids to note the same twice: it would show. */
export const CREATE_NOTES = `create table if not exists notes
  (message_id text not null, identity text not null, text text not null) strict`;

export const SELECT_NOTES = "select identity, text from notes where message_id = ?";

/** Stands when the acknowledgement does, and not before. */
export async function noteInFile(transaction: SqliteTransaction, { messageId, identity, text }: Note): Promise<void> {
  await transaction.query("insert into notes values (?, ?, ?)", [messageId, identity, text]);
}
