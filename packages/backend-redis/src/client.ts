/** One process' connection to Redis, as both slots use it. */

import { Cluster, type Command, type NatMap, Redis } from "ioredis";
import { type Call, MusterError, throwIfAborted } from "@muster/core/slots";
import { clusterNodes, clusterOptions, misconfigured, OWN, serverOptions } from "./connection/driver-options.ts";
import { checkGivenClient, isCluster } from "./connection/given-client.ts";
import { watchCluster, watchServer } from "./connection/liveness.ts";
import { answered, connected, discard } from "./connection/reaching.ts";
import { checkedVersion, type Topology } from "./connection/server-facts.ts";
import { slotOwner } from "./connection/slot-owner.ts";
import { LongCommand } from "./connection/long-command.ts";
import { proofOfWriting, writtenScript } from "./connection/written-command.ts";
import { isNoScript, NAME, redisError } from "./errors.ts";
import { DEFAULT_PREFIX } from "./keys.ts";
import type { RedisNode, RedisOptions } from "./options.ts";
import type { Script } from "./scripts/script.ts";

export type RedisArgument = string | number | Buffer;

export interface RedisCall extends Call {
  /** The slot's method, as it stands in the source of errors; absent: the name of the script is. */
  readonly operation?: string;
}

const PREFIX = /^[A-Za-z0-9_.:-]{1,64}$/;

/**
 * Commands leave once and are never sent again by the driver: without a connection they are refused at once, with
 * `UNAVAILABLE`; when the connection is lost after they may have left, the same with `mayHaveApplied`. Who waits must
 * look at its call itself ({@link Lifecycle.run}); the client looks at it only before it sends.
 */
export interface RedisClient {
  readonly topology: Topology;
  readonly prefix: string;
  /** The number of the database: keys are apart, channels of Pub/Sub are not. */
  readonly db: number;
  /** As the server states it: `7.0.15`. Empty until it is open. */
  readonly version: string;

  /**
   * Connects, and looks at what it has connected to. When it fails nothing is left of it, and it may be opened again.
   *
   * @throws UNAVAILABLE, UNAUTHENTICATED, PERMISSION_DENIED, UNSUPPORTED, CONFIG_INVALID, TIMEOUT, ABORTED
   */
  open(call: Call): Promise<void>;
  /** At once: what is in flight rejects. A client that was handed in stays as it is. */
  close(): void;

  /**
   * Runs a script by its digest, and in full when the server has not seen it yet. Strings in the answer are UTF-8, unless
   * bytes are asked for.
   *
   * @throws what {@link redisError} makes of it, from `redis.` and the call's operation; TIMEOUT, ABORTED: the call had ended before it was sent.
   */
  run(
    script: Script,
    keys: readonly string[],
    args: readonly RedisArgument[],
    call: RedisCall,
    replies?: Replies,
  ): Promise<unknown>;
  /** One command, which takes `args` over. A cluster finds its node by its first key. @throws as {@link run}, from `source` */
  send(name: string, args: RedisArgument[], call: Call, source: string, replies?: Replies): Promise<unknown>;

  /** In a cluster the node that has the slot of that key; standalone `undefined`. Rejects as the driver does. */
  owner(key: string): Promise<RedisNode | undefined>;

  /**
   * Another connection to the server, or to one node of the cluster: not connected yet, the caller's to discard, and once
   * lost it does not come back.
   */
  connection(options: ConnectionOptions): Redis;
}

/** What strings in an answer are given as. */
type Replies = "utf8" | "bytes";

interface ConnectionOptions {
  /** As the server shows it in `CLIENT LIST`. */
  readonly connectionName: string;
  /** Of a cluster; as its nodes tell of one another. */
  readonly node?: RedisNode;
}

/**
 * Does nothing before it is opened.
 *
 * @param onOwn is called with each client of the driver that is our own and leads to one server, before it connects.
 */
export function redisClient(options: RedisOptions, onOwn: (redis: Redis) => void = () => {}): RedisClient {
  return new DriverClient(options, onOwn);
}

class DriverClient implements RedisClient {
  readonly topology: Topology;
  readonly prefix: string;
  readonly #options: RedisOptions;
  readonly #onOwn: (redis: Redis) => void;
  #driver: Redis | Cluster | undefined;
  #watch: Disposable | undefined;
  #version = "";
  #proofOfWriting: Command | undefined;

  constructor(options: RedisOptions, onOwn: (redis: Redis) => void) {
    this.#options = options;
    this.#onOwn = onOwn;
    this.prefix = options.prefix ?? DEFAULT_PREFIX;
    const isClustered = "client" in options ? isCluster(options.client) : "cluster" in options;
    this.topology = isClustered ? "cluster" : "standalone";
  }

  get db(): number {
    const driver = this.#driver;
    return driver === undefined || isCluster(driver) ? 0 : (driver.options.db ?? 0);
  }

  get version(): string {
    return this.#version;
  }

  async open(call: Call): Promise<void> {
    const driver = driverOf(this.#options);
    const source = `${NAME}.open`;
    if (!("client" in this.#options) && !isCluster(driver)) this.#onOwn(driver);
    try {
      await answered(async (signal) => connected(driver, signal), call, source);
      this.#proofOfWriting = await answered(async () => proofOfWriting(driver), call, source);
      const info = await answered(async () => driver.info(), call, source);
      this.#version = checkedVersion(info, this.topology);
    } catch (error) {
      this.#release(driver);
      throw error;
    }
    this.#driver = driver;
    if (!("client" in this.#options)) this.#watch = isCluster(driver) ? watchCluster(driver) : watchServer(driver);
  }

  close(): void {
    this.#watch?.[Symbol.dispose]();
    if (this.#driver !== undefined) this.#release(this.#driver);
  }

  async run(
    script: Script,
    keys: readonly string[],
    args: readonly RedisArgument[],
    call: RedisCall,
    replies?: Replies,
  ): Promise<unknown> {
    const source = `${NAME}.${call.operation ?? script.name}`;
    try {
      return await this.#send(this.#evalsha(script, keys, args, replies), call, source);
    } catch (error) {
      if (!isNoScript(error)) throw redisError(error, source);
    }
    return this.send("eval", [script.lua, keys.length, ...keys, ...args], call, source, replies);
  }

  async send(name: string, args: RedisArgument[], call: Call, source: string, replies?: Replies): Promise<unknown> {
    try {
      this.#gather();
      return await this.#send(commandOf(name, args, replies), call, source);
    } catch (error) {
      throw redisError(error, source);
    }
  }

  async owner(key: string): Promise<RedisNode | undefined> {
    const driver = this.#driver;
    return driver !== undefined && isCluster(driver) ? ownerOf(driver, key) : undefined;
  }

  connection({ connectionName, node }: ConnectionOptions): Redis {
    const driver = this.#driver;
    if (driver === undefined) throw new MusterError({ code: "CLOSED", source: NAME, message: "it is not open yet" });
    const once = { ...OWN, connectionName, retryStrategy: () => null };
    if (!isCluster(driver)) return quiet(new Redis({ ...driver.options, ...once }));
    const { natMap, redisOptions } = driver.options;
    return quiet(new Redis({ ...redisOptions, ...once, ...(node === undefined ? {} : translated(node, natMap)) }));
  }

  /**
   * What is sent until the next turn leaves with it, in one write: each wakes the server, which takes as long as a hundred
   * answers.
   */
  #gather(): void {
    const driver = this.#driver;
    if (driver?.status !== "ready" || isCluster(driver)) return; // A cluster is many connections.
    const { stream } = driver;
    stream.cork();
    process.nextTick(() => stream.uncork());
  }

  #evalsha(script: Script, keys: readonly string[], args: readonly RedisArgument[], replies?: Replies): Command {
    if (this.#proofOfWriting !== undefined && areTexts(args))
      return writtenScript(script, keys, args, encodingOf(replies));
    return commandOf("evalsha", [script.sha, keys.length, ...keys, ...args], replies);
  }

  /**
   * Not by the driver's own methods: these may add a prefix, or wait to be sent together with others. It throws where it
   * has not sent anything.
   */
  #send(command: Command, call: Call, source: string): Promise<unknown> {
    throwIfAborted(call, source);
    const driver = this.#driver;
    if (driver?.status !== "ready") {
      throw new MusterError({ code: "UNAVAILABLE", source, message: "there is no connection to the server" });
    }
    return driver.sendCommand(command) as Promise<unknown>; // A promise, though it is not declared as one.
  }

  #release(driver: Redis | Cluster): void {
    if (!("client" in this.#options)) discard(driver);
  }
}

function areTexts(args: readonly RedisArgument[]): args is readonly (string | number)[] {
  return !args.some((one) => one instanceof Buffer);
}

function commandOf(name: string, args: RedisArgument[], replies: Replies | undefined): Command {
  return new LongCommand(name, args, { replyEncoding: encodingOf(replies) });
}

function encodingOf(replies: Replies = "utf8"): "utf8" | null {
  return replies === "bytes" ? null : replies;
}

async function ownerOf(cluster: Cluster, key: string): Promise<RedisNode> {
  const owner = await slotOwner(cluster, key);
  if (owner === undefined) throw new Error("CLUSTERDOWN nobody has the slot");
  return owner;
}

/** @throws CONFIG_INVALID */
function driverOf(options: RedisOptions): Redis | Cluster {
  if (!PREFIX.test(options.prefix ?? DEFAULT_PREFIX)) {
    throw misconfigured("prefix", "a prefix is 1 to 64 of A-Z, a-z, 0-9, underscore, dot, colon and hyphen");
  }
  if ("client" in options) {
    checkGivenClient(options.client);
    return options.client;
  }
  if (!("cluster" in options)) return quiet(new Redis(serverOptions(options)));
  return quiet(new Cluster(clusterNodes(options), clusterOptions(options)));
}

function translated({ host, port }: RedisNode, natMap: NatMap | undefined | null): RedisNode {
  const told = `${host}:${port}`;
  const found = typeof natMap === "function" ? natMap(told) : natMap?.[told];
  return found ?? { host, port };
}

/** Its errors are told to whoever calls it; without a listener the driver would print them. */
function quiet<Client extends Redis | Cluster>(client: Client): Client {
  client.on("error", () => {});
  return client;
}
