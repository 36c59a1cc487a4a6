/** What rounds leave in PostgreSQL's queues. */

import type { Pool } from "pg";

const TABLES = ["queue", "leases", "pages", "outcomes", "multicasts", "messages"]
  .map((table) => `muster.durable_${table}`)
  .join(", ");

/** Forgets every message of all namespaces, whatever its state, which otherwise is known for a day. */
export async function forgetMessages(pool: Pool): Promise<void> {
  await pool.query(`truncate ${TABLES}`);
}
