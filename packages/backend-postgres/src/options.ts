/** Where PostgreSQL is, how it is reached, and where in it things lie. */

import { MusterError, type Violation } from "@muster/core/slots";
import { NAME } from "./errors.ts";
import { DEFAULT_SCHEMA } from "./keys.ts";

/** TLS, as `tls.connect` of Node.js takes it; `true` is its defaults. */
export type PostgresTls =
  | true
  | {
      readonly ca?: string | Buffer;
      readonly cert?: string | Buffer;
      readonly key?: string | Buffer;
      readonly servername?: string;
      readonly rejectUnauthorized?: boolean;
    };

/** Connections that the slot makes for itself, and ends with itself. */
export interface PostgresOwnPool {
  /** Most of them at a time. Default 10. */
  readonly maxConnections?: number;
}

/** `postgres://user:password@host:port/database`, with `?sslmode=verify-full` for TLS. */
export interface PostgresByUrl extends PostgresOwnPool {
  readonly url: string;
}

export interface PostgresByHost extends PostgresOwnPool {
  /** A name, an address, or the folder of a Unix socket. */
  readonly host: string;
  /** Default 5432. */
  readonly port?: number;
  /** Default: as the user is called. */
  readonly database?: string;
  readonly user?: string;
  readonly password?: string;
  readonly tls?: PostgresTls;
}

/** One statement, as the driver takes it. */
export interface PostgresQuery {
  /** Of a statement that is prepared once per connection. */
  readonly name?: string;
  readonly text: string;
  readonly values?: unknown[];
  /** Without it rows are objects. */
  readonly rowMode?: "array";
  readonly types?: { getTypeParser(type: number): (value: string) => unknown };
}

/** A client of a `Pool` of the driver `pg`, for as long as it is checked out. */
export interface PostgresConnection {
  query(query: PostgresQuery): Promise<{ readonly rows: unknown[][]; readonly rowCount?: number | null }>;
  /** With `true` it is not used again, but closed. */
  release(destroy?: boolean): void;
  on(event: "error", listener: (error: Error) => void): unknown;
  /** Of the connection. */
  on(event: "end", listener: () => void): unknown;
  on(event: "notification", listener: (notification: PostgresNotification) => void): unknown;
  removeListener(event: "error", listener: (error: Error) => void): unknown;
}

/** Of `NOTIFY`. */
export interface PostgresNotification {
  readonly channel: string;
  readonly payload?: string | undefined;
}

/** A `Pool` of the driver `pg`, or what does the same. */
export interface PostgresPool {
  /** As a `Pool` tells them; `max` is the most connections at a time, 10 where it is not told. */
  readonly options?: { readonly max?: number };
  connect(): Promise<PostgresConnection>;
}

/**
 * A pool of yours, which is never ended here: several slots and namespaces can share one, also with what else you do in that
 * database. A connection of it that has been given up in the middle of a statement is closed.
 */
export interface PostgresByPool {
  readonly pool: PostgresPool;
}

export type PostgresLocation = PostgresByUrl | PostgresByHost | PostgresByPool;

export interface PostgresCommonOptions {
  /** The database schema in which tables lie: lower-case letters, digits and `_`, at most 48. Default `muster`. */
  readonly schemaName?: string;
  /**
   * `apply`: `open` makes what is missing, tables and later indexes. `check`: it refuses with `CONFIG_INVALID` where tables
   * are missing, and makes nothing. Default `apply`.
   */
  readonly migrations?: "apply" | "check";
}

export type PostgresOptions = PostgresLocation & PostgresCommonOptions;

const SCHEMA_NAME = /^(?!pg_)[a-z_][a-z0-9_]{0,47}$/;

/** @throws CONFIG_INVALID: with a violation for each option that is wrong. */
export function checkOptions(options: PostgresOptions): void {
  const { schemaName = DEFAULT_SCHEMA, migrations = "apply" } = options;
  const violations = [
    ...must(
      SCHEMA_NAME.test(schemaName),
      "schemaName",
      "is 1 to 48 lower-case letters, digits and underscores, and does not begin with pg_",
    ),
    ...must(migrations === "apply" || migrations === "check", "migrations", "is apply or check"),
    ...locationViolations(options),
  ];
  if (violations.length > 0) throw misconfigured(`${NAME}.options`, violations);
}

export function misconfigured(source: string, violations: readonly Violation[]): MusterError<"CONFIG_INVALID"> {
  const message = violations.map(({ path, message: text }) => `${path} ${text}`).join("; ");
  return new MusterError({ code: "CONFIG_INVALID", source, message, detail: { violations } });
}

function locationViolations(options: PostgresOptions): readonly Violation[] {
  const ways = ["url", "host", "pool"].filter((way) => way in options);
  if (ways.length !== 1)
    return must(false, ways.join(" and "), "is given, where exactly one of url, host and pool has to be");
  if ("pool" in options) return must(typeof options.pool?.connect === "function", "pool", "is a Pool of the driver pg");
  const { maxConnections = 1 } = options;
  return [
    ...must(Number.isSafeInteger(maxConnections) && maxConnections > 0, "maxConnections", "is a whole number above 0"),
    ...("url" in options
      ? must(isPostgresUrl(options.url), "url", "is postgres://user:password@host:port/database")
      : must(typeof options.host === "string" && options.host !== "", "host", "is a name, an address or a folder")),
  ];
}

function isPostgresUrl(url: unknown): boolean {
  return typeof url === "string" && /^postgres(?:ql)?:\/\//.test(url);
}

function must(holds: boolean, path: string, message: string): readonly Violation[] {
  return holds ? [] : [{ path, message }];
}
