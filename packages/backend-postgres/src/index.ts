/** Muster on PostgreSQL. */

export { postgresDurability, type PostgresDurabilityOptions } from "./durability.ts";
export { postgresMessaging, type PostgresMessagingOptions } from "./messaging.ts";
export type {
  PostgresByHost,
  PostgresByPool,
  PostgresByUrl,
  PostgresCommonOptions,
  PostgresConnection,
  PostgresLocation,
  PostgresNotification,
  PostgresOptions,
  PostgresOwnPool,
  PostgresPool,
  PostgresQuery,
  PostgresTls,
} from "./options.ts";
export type { PostgresTransaction, PostgresTransactionResult } from "./queues/handling.ts";
export { postgresOutbox, type PostgresOutboxOptions } from "./outbox.ts";
export { postgresRegistry, type PostgresRegistryOptions } from "./registry.ts";
