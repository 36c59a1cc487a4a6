/** Muster on PostgreSQL. */

export type {
  PostgresByHost,
  PostgresByPool,
  PostgresByUrl,
  PostgresCommonOptions,
  PostgresConnection,
  PostgresLocation,
  PostgresOptions,
  PostgresOwnPool,
  PostgresPool,
  PostgresQuery,
  PostgresTls,
} from "./options.ts";
export { postgresRegistry, type PostgresRegistryOptions } from "./registry.ts";
