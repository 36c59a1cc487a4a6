/** Muster on PostgreSQL. */

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
export { postgresRegistry, type PostgresRegistryOptions } from "./registry.ts";
