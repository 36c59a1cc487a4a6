/** The slots of one process, all on PostgreSQL, and the notes that its receivers keep there. */

import {
  type PostgresLocation,
  type PostgresTransaction,
  postgresDurability,
  postgresMessaging,
  postgresRegistry,
} from "@muster/backend-postgres";
import { type DeliveryGuarantee, type Fleet, openRegistry } from "@muster/core";
import type { Note } from "./ledger.ts";
import { type Airport, airportSchema } from "./schema.ts";

/** Everything that this run leaves behind lies in one schema of the database. */
export interface Place {
  readonly schemaName: string;
  readonly delivery: DeliveryGuarantee;
}

export async function openPostgresFleet(
  location: PostgresLocation,
  { schemaName, delivery }: Place,
): Promise<Fleet<Airport, Airport, PostgresTransaction>> {
  const options = { ...location, schemaName };
  return await openRegistry({
    namespace: "airports",
    schema: airportSchema,
    registry: postgresRegistry(options),
    messaging: postgresMessaging(options),
    ...(delivery === "at-most-once" ? {} : { durability: postgresDurability(options) }),
    delivery,
  });
}

/** No key forbids to note the same twice: it would show. */
export function createNotes({ schemaName }: Place): string {
  return `create table ${schemaName}.notes (message_id text not null, identity text not null, text text not null)`;
}

export function selectNotes({ schemaName }: Place): string {
  return `select identity, text from ${schemaName}.notes where message_id = $1`;
}

/** Stands when the acknowledgement does, and not before. */
export async function noteIn(
  transaction: PostgresTransaction,
  { schemaName }: Place,
  { messageId, identity, text }: Note,
): Promise<void> {
  await transaction.query(`insert into ${schemaName}.notes values ($1, $2, $3)`, [messageId, identity, text]);
}
