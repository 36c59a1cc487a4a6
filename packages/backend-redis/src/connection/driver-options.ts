/** The driver's options for connections of our own: everything that would send a command again is off. */

import type { ClusterOptions, NatMap, RedisOptions as DriverOptions } from "ioredis";
import { MusterError } from "@muster/core/slots";
import { NAME } from "../errors.ts";
import type { RedisByCluster, RedisCredentials, RedisLocation, RedisNode, RedisTls } from "../options.ts";

const FIRST_RETRY_MS = 50;
const LAST_RETRY_MS = 1_000;
const CONNECT_TIMEOUT_MS = 5_000;
/** How long a connection that is given up may take to say goodbye. */
const DISCONNECT_TIMEOUT_MS = 500;
const LOADING_RETRY_MS = 500;
const SLOTS_TIMEOUT_MS = 1_000;
/** Then the next sentinel is asked. */
const SENTINEL_TIMEOUT_MS = 1_000;

/** Before the next attempt to connect, the first being 1: twice as long each time up to 1 s, at random by half. */
export function reconnectMs(attempt: number): number {
  const most = Math.min(FIRST_RETRY_MS * 2 ** Math.min(attempt - 1, 10), LAST_RETRY_MS);
  return most * (0.5 + Math.random() / 2);
}

/**
 * For any connection of ours. With `maxRetriesPerRequest: 0` what was in flight is rejected as soon as the connection is
 * lost; without an offline queue what comes meanwhile is rejected at once, before anything has left.
 */
export const OWN: DriverOptions = Object.freeze({
  lazyConnect: true,
  connectionName: "muster",
  disableClientInfo: true,
  // Without it the driver takes a connection for ready that was lost while it gave its name, and never connects again.
  enableReadyCheck: true,
  enableOfflineQueue: false,
  autoResendUnfulfilledCommands: false,
  autoResubscribe: false,
  maxRetriesPerRequest: 0,
  retryStrategy: reconnectMs,
  connectTimeout: CONNECT_TIMEOUT_MS,
  maxLoadingRetryTime: LOADING_RETRY_MS,
  disconnectTimeout: DISCONNECT_TIMEOUT_MS,
});

/** For a connection to one server, wherever the location says that it is. @throws CONFIG_INVALID */
export function serverOptions(
  location: Exclude<RedisLocation, RedisByCluster | { readonly client: unknown }>,
): DriverOptions {
  if ("url" in location) return { ...OWN, ...READONLY_RECONNECTS, ...urlOptions(location.url) };
  const { db = 0 } = location;
  const where =
    "sentinels" in location ? sentinelOptions(location) : defined({ host: location.host, port: location.port });
  return { ...OWN, ...READONLY_RECONNECTS, ...credentials(location), ...where, db };
}

/** Where a cluster is asked for its nodes. @throws CONFIG_INVALID */
export function clusterNodes({ cluster }: RedisByCluster): RedisNode[] {
  if (cluster.length === 0) throw misconfigured("cluster", "at least one node is needed");
  return cluster.map((node) => ({ ...node }));
}

/** For a cluster, in which a node that is lost comes back with the next redirection. */
export function clusterOptions(location: RedisByCluster): ClusterOptions {
  return {
    lazyConnect: true,
    // Nodes are connected to when they are needed first, and what comes meanwhile must wait: it leaves once, or not at all.
    enableOfflineQueue: true,
    enableReadyCheck: false,
    retryDelayOnFailover: 0,
    retryDelayOnClusterDown: 0,
    clusterRetryStrategy: reconnectMs,
    clusterNodeRetryStrategy: null,
    slotsRefreshTimeout: SLOTS_TIMEOUT_MS,
    redisOptions: { ...OWN, ...credentials(location) },
    ...(location.natMap === undefined ? {} : { natMap: natMap(location.natMap) }),
    // Certificates hold names: with TLS a node is reached by the name it was given by.
    ...(location.tls === undefined ? {} : { dnsLookup: (host, done) => done(null, host) }),
  };
}

/** A demoted master is left for whoever is master now. The answer 1 means: reconnect, and don't send again. */
const READONLY_RECONNECTS: DriverOptions = {
  reconnectOnError: ({ message }) => (message.startsWith("READONLY") ? 1 : false),
};

function credentials({ username, password, tls }: RedisCredentials): DriverOptions {
  return { ...defined({ username, password }), ...(tls === undefined ? {} : { tls: tlsOptions(tls) }) };
}

function tlsOptions(tls: RedisTls): NonNullable<DriverOptions["tls"]> {
  return tls === true ? {} : { ...tls };
}

function sentinelOptions(location: Extract<RedisLocation, { readonly sentinels: unknown }>): DriverOptions {
  const { sentinels, name, sentinelUsername, sentinelPassword, sentinelTls, tls } = location;
  if (sentinels.length === 0) throw misconfigured("sentinels", "at least one sentinel is needed");
  if (name === "") throw misconfigured("name", "the sentinels' name for the master is needed");
  return {
    sentinels: sentinels.map((node) => ({ ...node })),
    name,
    sentinelRetryStrategy: reconnectMs,
    sentinelCommandTimeout: SENTINEL_TIMEOUT_MS,
    // Else the driver takes `tls` for nothing here, and says nothing.
    enableTLSForSentinelMode: tls !== undefined,
    ...defined({ sentinelUsername, sentinelPassword }),
    ...(sentinelTls === undefined ? {} : { sentinelTLS: tlsOptions(sentinelTls) }),
    ...(location.natMap === undefined ? {} : { natMap: natMap(location.natMap) }),
  };
}

function natMap(map: Readonly<Record<string, RedisNode>>): NatMap {
  return Object.fromEntries(Object.entries(map).map(([from, to]) => [from, { ...to }]));
}

function urlOptions(text: string): DriverOptions {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (url === undefined || !/^rediss?:$/.test(url.protocol) || !/^(?:\/\d*)?$/.test(url.pathname)) {
    throw misconfigured("url", "it looks like redis://user:password@host:port/db, or rediss:// for TLS");
  }
  return {
    host: url.hostname === "" ? "localhost" : url.hostname.replace(/^\[(.*)\]$/, "$1"),
    port: url.port === "" ? 6_379 : Number(url.port),
    db: Number(url.pathname.slice(1)),
    ...(url.username === "" ? {} : { username: decodeURIComponent(url.username) }),
    ...(url.password === "" ? {} : { password: decodeURIComponent(url.password) }),
    ...(url.protocol === "rediss:" ? { tls: {} } : {}),
  };
}

/** What is wrong with one of the options. */
export function misconfigured(path: string, message: string): MusterError<"CONFIG_INVALID"> {
  const detail = { violations: [{ path, message }] };
  return new MusterError({ code: "CONFIG_INVALID", source: `${NAME}.open`, subject: path, message, detail });
}

/** Without the members that are `undefined`: the driver takes them for an answer. */
function defined<T extends object>(options: T): { [K in keyof T]: Exclude<T[K], undefined> } {
  const entries = Object.entries(options).filter(([, value]) => value !== undefined);
  return Object.fromEntries(entries) as { [K in keyof T]: Exclude<T[K], undefined> }; // Made of the same members.
}
