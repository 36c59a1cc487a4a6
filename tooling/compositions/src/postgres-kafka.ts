/** PostgreSQL knows who is there, Kafka reaches them and keeps what they have not handled. */

import { kafkaDurability, kafkaMessaging } from "@muster/backend-kafka";
import { postgresRegistry } from "@muster/backend-postgres";
import type { Subject } from "@muster/conformance";
import { withMortalProcesses } from "@muster/conformance/processes";
import { compile } from "@muster/testing/compile";

export interface PostgresKafkaUrls {
  readonly postgres: string;
  readonly kafka: string;
}

/** Every case has topics of its own. */
const FEW = 2;

/** With processes that die, each of which imports this module. */
export function postgresKafka(urls: PostgresKafkaUrls): Subject {
  return withMortalProcesses(subject(urls), new URL(import.meta.url), { args: [urls], compile });
}

/** @public Clients and nothing else. */
export function subject({ postgres, kafka }: PostgresKafkaUrls): Subject {
  return {
    name: "postgres + kafka",
    patienceMs: 15_000,
    registry: () => postgresRegistry({ url: postgres, maxConnections: 4 }),
    messaging: () => kafkaMessaging({ url: kafka, partitions: FEW }),
    durability: () => kafkaDurability({ url: kafka, shards: FEW }),
  };
}
