/** Where Redis is, and how it is reached. */

import type { Cluster, Redis } from "ioredis";

/** One server or sentinel, by name or address. */
export interface RedisNode {
  readonly host: string;
  readonly port: number;
}

/** TLS, as `tls.connect` of Node.js takes it; `true` is its defaults. */
export type RedisTls =
  | true
  | {
      readonly ca?: string | Buffer;
      readonly cert?: string | Buffer;
      readonly key?: string | Buffer;
      readonly servername?: string;
      readonly rejectUnauthorized?: boolean;
    };

export interface RedisCredentials {
  /** A user of the server's ACL. Absent: the default user. */
  readonly username?: string;
  readonly password?: string;
  readonly tls?: RedisTls;
}

/** Other addresses than those that servers or sentinels tell of one another, by what they tell: `"10.0.0.7:6379"`. */
export type RedisNatMap = Readonly<Record<string, RedisNode>>;

/** `redis://user:password@host:port/db`, or `rediss://` for TLS. */
export interface RedisByUrl {
  readonly url: string;
}

export interface RedisByHost extends RedisCredentials {
  /** Default `localhost`. */
  readonly host?: string;
  /** Default 6379. */
  readonly port?: number;
  /** Default 0. */
  readonly db?: number;
}

/** The master of that `name`, wherever its sentinels say that it is. */
export interface RedisBySentinels extends RedisCredentials {
  readonly sentinels: readonly RedisNode[];
  readonly name: string;
  readonly sentinelUsername?: string;
  readonly sentinelPassword?: string;
  /** For the sentinels; `tls` is for the server that they name. */
  readonly sentinelTls?: RedisTls;
  readonly db?: number;
  readonly natMap?: RedisNatMap;
}

/** Some nodes of a cluster; they tell of the others. */
export interface RedisByCluster extends RedisCredentials {
  readonly cluster: readonly RedisNode[];
  readonly natMap?: RedisNatMap;
}

/**
 * A client of yours, which is never closed here and must not resend: anything in its options that could repeat a command
 * which may have left is `CONFIG_INVALID` at `open`. Connections for subscriptions are made like it and are closed here.
 */
export interface RedisByClient {
  readonly client: Redis | Cluster;
}

export type RedisLocation = RedisByUrl | RedisByHost | RedisBySentinels | RedisByCluster | RedisByClient;

export interface RedisCommonOptions {
  /** The beginning of every key and channel: 1–64 of `[A-Za-z0-9_.:-]`. Default `muster`. */
  readonly prefix?: string;
}

export type RedisOptions = RedisLocation & RedisCommonOptions;
