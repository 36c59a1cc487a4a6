/** What this fleet runs on: PostgreSQL knows who is there and keeps messages, Kafka carries them. Nothing else knows. */

import { randomBytes } from "node:crypto";
import { kafkaMessaging } from "@muster/backend-kafka";
import { postgresDurability, postgresRegistry } from "@muster/backend-postgres";
import type { DurabilityBackend, MessagingBackend, RegistryBackend } from "@muster/core/slots";
import { obtainServer } from "@muster/servers";
import { Kafka, logLevel } from "kafkajs";
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
  readonly kafka: string;
}

/** The slots of one process; every call makes new ones. */
export function slotsAt(address: string): Slots {
  const { postgres, schemaName, kafka } = JSON.parse(address) as Whereabouts; // `openPlace` wrote it.
  const where = { url: postgres, schemaName, maxConnections: 4 };
  return {
    registry: postgresRegistry(where),
    messaging: kafkaMessaging({ url: kafka, prefix: schemaName, partitions: 3 }),
    durability: postgresDurability(where),
  };
}

/** Starts the servers, or finds those that the environment names. @throws MissingServerError */
export async function openPlace(): Promise<Place> {
  const postgres = await obtainServer("postgres");
  const kafka = await obtainServer("kafka").catch(async (error: unknown) => {
    await postgres[Symbol.asyncDispose]();
    throw error;
  });
  // They may be somebody's own, with other visitors: what is made there lies in a schema, and in topics, that go with
  // the demo.
  const schemaName = `iot_${randomBytes(6).toString("hex")}`;
  const whereabouts: Whereabouts = { postgres: postgres.url, schemaName, kafka: kafka.url };
  return {
    address: JSON.stringify(whereabouts),
    async [Symbol.asyncDispose](): Promise<void> {
      await dropSchema(whereabouts);
      await deleteTopics(whereabouts);
      await kafka[Symbol.asyncDispose]();
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

async function deleteTopics({ kafka, schemaName }: Whereabouts): Promise<void> {
  const client = new Kafka({ brokers: [new URL(kafka).host], logLevel: logLevel.NOTHING, retry: { retries: 0 } });
  const admin = client.admin();
  try {
    await admin.connect();
    const topics = (await admin.listTopics()).filter((topic) => topic.startsWith(`${schemaName}.`));
    if (topics.length > 0) await admin.deleteTopics({ topics });
  } catch {
    // As with the schema.
  } finally {
    await admin.disconnect();
  }
}
