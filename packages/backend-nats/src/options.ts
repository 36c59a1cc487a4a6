/** What a factory is told, and what of it can't be meant. */

import type { Authenticator, NatsConnection, TlsOptions } from "@nats-io/transport-node";
import { MusterError, type Violation } from "@muster/core/slots";
import { type Outlet, outletOf } from "./writing/outlet.ts";

/** Where the servers are, and who asks: a connection of this object's own, closed with it. */
export interface NatsServerOptions {
  /**
   * `nats://host:port`, or several of one cluster; a user and password, or a token, may stand in them. Default
   * `nats://127.0.0.1:4222`. The first that answers is used, and any of them when that one is lost.
   */
  readonly servers?: string | readonly string[];
  readonly user?: string;
  readonly pass?: string;
  readonly token?: string;
  /** The driver's: NKeys, JWTs, credentials files. Asked again at each reconnect. */
  readonly authenticator?: Authenticator | readonly Authenticator[];
  readonly tls?: TlsOptions;
  /** As it stands in the server's list of connections. Default `muster`. */
  readonly name?: string;
  /** Also move to servers of the cluster that `servers` doesn't list. Default true; false where a proxy stands in between. */
  readonly followCluster?: boolean;
  /** How long one server may take to let a client in before the next is tried. Default 2,000. */
  readonly connectTimeoutMs?: number;
  /** A server that is silent is left after two to three of these. Default 2,000. */
  readonly pingIntervalMs?: number;
  readonly prefix?: string;
  readonly connection?: never;
}

/** A connection of the driver's that others may use as well. It is never closed here. */
export interface NatsConnectionOptions {
  readonly connection: NatsConnection;
  /** First tokens of every subject. Default `muster`. Processes that should meet have the same. */
  readonly prefix?: string;
}

export type NatsOptions = NatsServerOptions | NatsConnectionOptions;

const SERVER_ONLY = [
  "servers",
  "user",
  "pass",
  "token",
  "authenticator",
  "tls",
  "name",
  "followCluster",
  "connectTimeoutMs",
  "pingIntervalMs",
] as const;
const KNOWN: ReadonlySet<string> = new Set<string>([...SERVER_ONLY, "prefix", "connection"]);
const PREFIX = /^[\w-]+(?:\.[\w-]+)*$/;
const DEFAULT_PREFIX = "muster";
const MAX_PREFIX_LENGTH = 256;

/** @throws CONFIG_INVALID, naming each option. */
export function checkOptions(options: NatsOptions): void {
  const { connection } = options;
  const unusable = connection !== undefined && typeof connection?.publish !== "function";
  const violations = [
    ...(unusable ? [{ path: "connection", message: "is no connection of @nats-io/transport-node" }] : []),
    ...surplus(options),
    ...prefixViolations(options),
    ...timeViolations(options),
    ...serverViolations(options),
  ];
  if (violations.length > 0) throw configInvalid("nats.options", violations);
}

/**
 * What of a connection takes messages; refuses one that was handed in and can't keep what the traits say.
 *
 * @throws CONFIG_INVALID
 */
export function checkedOutlet(connection: NatsConnection): Outlet {
  const violations: Violation[] = [];
  const outlet = outletOf(connection);
  if (outlet === undefined) violations.push({ path: "connection", message: "is of a driver that is not known here" });
  if (connection.isClosed()) violations.push({ path: "connection", message: "has been closed" });
  else if (connection.isDraining()) violations.push({ path: "connection", message: "is being drained" });
  if (optionsOf(connection)["noEcho"] === true) {
    const message = "must not be set: what this process sends would not reach its own inboxes";
    violations.push({ path: "connection.noEcho", message });
  }
  if (outlet === undefined || violations.length > 0) throw configInvalid("nats.open", violations);
  return outlet;
}

export function prefixOf({ prefix = DEFAULT_PREFIX }: NatsOptions): string {
  return prefix;
}

/** The driver keeps them on the connection without showing them in its type. */
function optionsOf(connection: NatsConnection): Readonly<Record<string, unknown>> {
  const { options } = connection as { options?: unknown };
  return typeof options === "object" && options !== null ? { ...options } : {};
}

function surplus(options: NatsOptions): readonly Violation[] {
  const isShared = options.connection !== undefined;
  return Object.keys(options).flatMap((path) => {
    if (!KNOWN.has(path)) return [{ path, message: "is no option" }];
    const isOther = isShared && path !== "prefix" && path !== "connection";
    return isOther ? [{ path, message: "belongs to the connection that is handed in" }] : [];
  });
}

function prefixViolations(options: NatsOptions): readonly Violation[] {
  const prefix = prefixOf(options);
  if (typeof prefix === "string" && PREFIX.test(prefix) && prefix.length <= MAX_PREFIX_LENGTH) return [];
  const message = `must be tokens of letters, digits, _ and -, with dots between them, and at most ${MAX_PREFIX_LENGTH} characters`;
  return [{ path: "prefix", message }];
}

function timeViolations(options: NatsOptions): readonly Violation[] {
  if (options.connection !== undefined) return [];
  return (["connectTimeoutMs", "pingIntervalMs"] as const).flatMap((path) => {
    const ms = options[path];
    return ms === undefined || (Number.isSafeInteger(ms) && ms >= 1 && ms < 2 ** 31)
      ? []
      : [{ path, message: "must be a whole number of milliseconds from 1" }];
  });
}

function serverViolations({ servers, connection }: NatsOptions & { servers?: unknown }): readonly Violation[] {
  if (connection !== undefined || servers === undefined) return [];
  const list: readonly unknown[] = Array.isArray(servers) ? servers : [servers];
  if (list.length === 0) return [{ path: "servers", message: "must name at least one server" }];
  return list.flatMap((server) =>
    typeof server === "string" && serverUrl(server) !== undefined
      ? []
      : [{ path: "servers", message: `is no server's address: ${String(server)}` }],
  );
}

/** With the scheme and port that may be left out; `undefined` when it is no address of a server. */
export function serverUrl(server: string): URL | undefined {
  const text = /^[a-z]+:\/\//i.test(server) ? server : `nats://${server}`;
  if (!/^(?:nats|tls):\/\//i.test(text) || !URL.canParse(text)) return undefined;
  const url = new URL(text);
  if (url.hostname === "") return undefined;
  if (url.port === "") url.port = "4222";
  return url;
}

function configInvalid(source: string, violations: readonly Violation[]): MusterError<"CONFIG_INVALID"> {
  const message = violations.map(({ path, message: what }) => `${path} ${what}`).join("; ");
  return new MusterError({ code: "CONFIG_INVALID", source, message, detail: { violations } });
}
