/** All four slots on one PostgreSQL database, in a schema of their own. */

import {
  postgresDurability,
  postgresMessaging,
  type PostgresOptions,
  postgresOutbox,
  postgresRegistry,
  type PostgresTransaction,
} from "@muster/backend-postgres";
import { type Fleet, openRegistry } from "@muster/core";
import { type Agent, agentSchema } from "./schema.ts";

/** Where a process finds its database. */
export interface Place {
  readonly url: string;
  readonly schemaName: string;
}

export type AgentFleet = Fleet<Agent, Agent, PostgresTransaction, PostgresTransaction>;

/** Short, so that the demo is: what a killed process held is free again within a few seconds. */
const TIMING = { sessionLeaseMs: 3_000, relayLeaseMs: 2_000, handlerLeaseMs: 2_000, reapIntervalMs: 500 };

export async function openFleet({ url, schemaName }: Place): Promise<AgentFleet> {
  const where: PostgresOptions = { url, schemaName, maxConnections: 6 };
  return await openRegistry({
    namespace: "agents",
    schema: agentSchema,
    timing: TIMING,
    registry: postgresRegistry(where),
    messaging: postgresMessaging(where),
    durability: postgresDurability(where),
    outbox: postgresOutbox(where),
  });
}
