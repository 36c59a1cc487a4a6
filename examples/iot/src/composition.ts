/** What this fleet runs on: PostgreSQL knows who is there and keeps messages, NATS carries them. Nothing else knows. */

import { randomBytes } from "node:crypto";
import { natsMessaging } from "@muster/backend-nats";
import { postgresDurability, postgresRegistry } from "@muster/backend-postgres";
import type { DurabilityBackend, MessagingBackend, RegistryBackend } from "@muster/core/slots";
import { obtainServer } from "@muster/servers";
import { Client } from "pg";

export interface Slots {
  readonly registry: RegistryBackend;
  readonly messaging: MessagingBackend;
  readonly durability: DurabilityBackend;
}

/** Where the servers are, as a text that can be handed to another process. */
export interface Place extends AsyncDisposable {
  readonly address: string;
}

interface Whereabouts {
  readonly postgres: string;
  readonly schemaName: string;
  readonly nats: string;
}

/** The slots of one process; every call makes new ones. */
export function slotsAt(address: string): Slots {
  const { postgres, schemaName, nats } = JSON.parse(address) as Whereabouts; // `openPlace` wrote it.
  const where = { url: postgres, schemaName, maxConnections: 4 };
  return {
    registry: postgresRegistry(where),
    messaging: natsMessaging({ servers: nats, prefix: schemaName }),
    durability: postgresDurability(where),
  };
}

/** Starts the servers, or finds those that the environment names. @throws MissingServerError */
export async function openPlace(): Promise<Place> {
  const postgres = await obtainServer("postgres");
  const nats = await obtainServer("nats").catch(async (error: unknown) => {
    await postgres[Symbol.asyncDispose]();
    throw error;
  });
  // They may be somebody's own, with other visitors: what is made there lies in a schema that goes with the demo,
  // and nobody else's messages have these subjects.
  const schemaName = `iot_${randomBytes(6).toString("hex")}`;
  const whereabouts: Whereabouts = { postgres: postgres.url, schemaName, nats: nats.url };
  return {
    address: JSON.stringify(whereabouts),
    async [Symbol.asyncDispose](): Promise<void> {
      await dropSchema(whereabouts);
      await nats[Symbol.asyncDispose]();
      await postgres[Symbol.asyncDispose]();
    },
  };
}

async function dropSchema({ postgres, schemaName }: Whereabouts): Promise<void> {
  const client = new Client({ connectionString: postgres });
  try {
    await client.connect();
    await client.query(`drop schema if exists ${schemaName} cascade`);
  } catch {
    // A server that has gone has nothing to drop; the story has told what went wrong.
  } finally {
    await client.end();
  }
}
