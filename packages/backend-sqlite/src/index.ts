/** Muster on SQLite. */

export { sqliteDurability, type SqliteDurabilityOptions } from "./durability.ts";
export {
  type SqliteByFile,
  type SqliteFile,
  sqliteFile,
  type SqliteFileOptions,
  type SqliteOptions,
} from "./options.ts";
export type { SqliteTransaction, SqliteTransactionResult, SqliteValue } from "./queues/handling.ts";
export { sqliteRegistry, type SqliteRegistryOptions } from "./registry.ts";
