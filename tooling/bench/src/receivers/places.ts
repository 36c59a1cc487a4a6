/** Backends of servers, as each process makes them for itself. */

import { kafkaDurability, kafkaMessaging } from "@muster/backend-kafka";
import { natsDurability, natsMessaging, natsRegistry } from "@muster/backend-nats";
import { postgresDurability, postgresMessaging, postgresRegistry } from "@muster/backend-postgres";
import { rabbitmqDurability, rabbitmqMessaging } from "@muster/backend-rabbitmq";
import { redisDurability, redisMessaging, redisRegistry } from "@muster/backend-redis";
import { sqliteDurability, sqliteRegistry } from "@muster/backend-sqlite";
import type { DurabilityBackend, MessagingBackend, RegistryBackend } from "@muster/core/slots";
import { Pool } from "pg";
import type { DurabilityPlace, MessagingPlace, RegistryPlace } from "./plan.ts";
import { remoteRegistry } from "./remote-registry.ts";

/** Of this process, by database: a hundred fleets with ten connections each are more than a server lets in. */
const pools = new Map<string, Pool>();
/** As many statements as one process has under way; nobody waits for a connection that an inbox holds for good. */
const CONNECTIONS = 10;

export function registryAt(place: RegistryPlace): RegistryBackend {
  switch (place.at) {
    case "sender":
      return remoteRegistry();
    case "redis": {
      const { url, maxMirroredRoutes } = place;
      return redisRegistry({ url, ...(maxMirroredRoutes === undefined ? {} : { maxMirroredRoutes }) });
    }
    case "postgres":
      return postgresRegistry({ pool: poolOf(place.url) });
    case "nats":
      return natsRegistry({ servers: place.url });
    case "sqlite":
      return sqliteRegistry({ path: place.url });
  }
}

export function messagingAt({ at, url }: MessagingPlace): MessagingBackend {
  switch (at) {
    case "nats":
      return natsMessaging({ servers: url });
    case "redis":
      return redisMessaging({ url });
    case "rabbitmq":
      return rabbitmqMessaging({ url });
    case "kafka":
      return kafkaMessaging({ url });
    case "postgres":
      // Its inbox has a connection of its own.
      return postgresMessaging({ url, maxConnections: 1 });
  }
}

export function durabilityAt({ at, url }: DurabilityPlace): DurabilityBackend {
  switch (at) {
    case "nats":
      return natsDurability({ servers: url });
    case "redis":
      return redisDurability({ url });
    case "rabbitmq":
      return rabbitmqDurability({ url });
    case "kafka":
      return kafkaDurability({ url });
    case "postgres":
      return postgresDurability({ pool: poolOf(url) });
    case "sqlite":
      return sqliteDurability({ path: url });
  }
}

/** The pools of this process end, if it has any. */
export async function closePools(): Promise<void> {
  const open = [...pools.values()];
  pools.clear();
  await Promise.all(open.map((pool) => pool.end()));
}

function poolOf(connectionString: string): Pool {
  const open = pools.get(connectionString) ?? new Pool({ connectionString, max: CONNECTIONS });
  // A connection that breaks while nobody uses it is nobody's failure.
  if (!pools.has(connectionString)) open.on("error", () => {});
  pools.set(connectionString, open);
  return open;
}
