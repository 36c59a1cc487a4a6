/** The connection to the file, and how it is set up. */

import Database from "libsql";
import { Store } from "../store/store.ts";
import type { Start } from "./messages.ts";

/**
 * Nothing waits inside SQLite: whoever meets a lock is told at once, and comes again.
 *
 * @throws what the driver throws, for one when another process holds the file
 */
export function connect({ path, synchronous }: Start): Store {
  const store = new Store(new Database(path, { timeout: 0 }));
  try {
    const [mode] = store.get("pragma journal_mode = wal") ?? [];
    // Some file systems have no memory that processes share, and with it no such journal.
    if (mode !== "wal")
      throw new Error(`the file system can't hold a database that several processes share (${String(mode)})`);
    store.execute(SETTINGS);
    store.execute(`pragma synchronous = ${synchronous}`);
    return store;
  } catch (error) {
    store.close();
    throw error;
  }
}

/**
 * A cache of 16 MiB; a journal that is taken into the file every 16 MiB, since many small writes change the same pages again
 * and again, and that shrinks to 64 MiB; and a closer look at damaged pages.
 */
const SETTINGS = [
  "pragma cache_size = -16384",
  "pragma wal_autocheckpoint = 4096",
  "pragma journal_size_limit = 67108864",
  "pragma cell_size_check = on",
  "pragma foreign_keys = on",
].join("; ");
