/** What rounds leave in PostgreSQL's queues. */

import type { Pool } from "pg";
import { truncate } from "../truncate.ts";

const TABLES = ["queue", "leases", "pages", "outcomes", "multicasts", "messages"].map(
  (table) => `muster.durable_${table}`,
);

/** Forgets every message of all namespaces, whatever its state, which otherwise is known for a day. */
export async function forgetMessages(pool: Pool): Promise<void> {
  await truncate(pool, TABLES);
}
