/** Muster on SQLite. */

export {
  type SqliteByFile,
  type SqliteFile,
  sqliteFile,
  type SqliteFileOptions,
  type SqliteOptions,
} from "./options.ts";
export { sqliteRegistry, type SqliteRegistryOptions } from "./registry.ts";
