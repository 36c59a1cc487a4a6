import type { Pool } from "pg";

const DEADLOCK_DETECTED = "40P01";

/**
 * Empties tables that a fleet has open. Its sweeps lock several of them in an order of their own, so that one of the
 * two may have to let go: it is this one as long as it takes, and nothing is measured meanwhile.
 */
export async function truncate(pool: Pool, tables: readonly string[]): Promise<void> {
  for (;;) {
    try {
      await pool.query(`truncate ${tables.join(", ")}`);
      return;
    } catch (error) {
      if ((error as { code?: unknown }).code !== DEADLOCK_DETECTED) throw error;
    }
  }
}
