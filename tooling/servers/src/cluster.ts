import { setTimeout as delay } from "node:timers/promises";
import { serverFrom } from "./obtain.ts";
import { sourceOf } from "./origin.ts";
import type { Source } from "./origin.ts";
import { reservePort } from "./ports.ts";
import type { ReservedPort } from "./ports.ts";
import { redisCommand } from "./redis.ts";
import type { Server, ServerOptions } from "./server.ts";

/** Servers that act as one. Disposing of it ends them all. */
export interface ServerCluster extends AsyncDisposable {
  /** Each can be killed, frozen and started again by its own control, and comes back with its share. */
  readonly nodes: readonly Server[];
  readonly urls: readonly string[];
}

const SLOTS = 16_384;
const NODE_TIMEOUT_MS = 2000;
const FORMED_WITHIN_MS = 30_000;
const URLS_VARIABLE = "MUSTER_REDIS_CLUSTER_URLS";

interface OwnNode {
  readonly server: Server;
  readonly bus: ReservedPort;
}

async function ownNode(source: Source, options: ServerOptions): Promise<OwnNode> {
  const bus = await reservePort();
  const clustered = ["--cluster-enabled", "yes", "--cluster-port", String(bus.port)];
  const more = ["--cluster-config-file", "nodes.conf", "--cluster-node-timeout", String(NODE_TIMEOUT_MS)];
  // The nodes ask one another for the password, too.
  const mutual = options.password === undefined ? [] : ["--masterauth", options.password];
  const all = [...clustered, ...more, ...mutual, ...(options.arguments ?? [])];
  try {
    return { server: await serverFrom(source, "redis", { ...options, arguments: all }, "host"), bus };
  } catch (error) {
    bus.release();
    throw error;
  }
}

async function end(nodes: readonly OwnNode[]): Promise<void> {
  await Promise.all(nodes.map(({ server }) => server[Symbol.asyncDispose]()));
  for (const { bus } of nodes) bus.release();
}

async function isFormed(server: Server, size: number, password: string | undefined): Promise<boolean> {
  const info = await redisCommand(server, ["CLUSTER", "INFO"], password);
  return info.includes("cluster_state:ok") && info.includes(`cluster_known_nodes:${size}\r`);
}

async function form(nodes: readonly OwnNode[], password: string | undefined): Promise<void> {
  const share = Math.ceil(SLOTS / nodes.length);
  const [first] = nodes;
  for (const [index, { server, bus }] of nodes.entries()) {
    const range = [index * share, Math.min(SLOTS, (index + 1) * share) - 1].map(String);
    await redisCommand(server, ["CLUSTER", "SET-CONFIG-EPOCH", String(index + 1)], password);
    await redisCommand(server, ["CLUSTER", "ADDSLOTSRANGE", ...range], password);
    const meeting = ["CLUSTER", "MEET", server.host, String(server.port), String(bus.port)];
    if (first !== undefined && index > 0) await redisCommand(first.server, meeting, password);
  }
  const deadline = performance.now() + FORMED_WITHIN_MS;
  for (const { server } of nodes) {
    while (!(await isFormed(server, nodes.length, password))) {
      if (performance.now() > deadline) throw new Error(`no Redis Cluster of ${nodes.length} within 30 s`);
      await delay(20);
    }
  }
}

/**
 * A Redis Cluster (7.0 or later) whose masters share all slots and answer; there are no replicas, so what a dead
 * node had is out of reach until it is started again. By URL: `MUSTER_REDIS_CLUSTER_URLS`, separated by commas.
 *
 * @throws MissingServerError when there is no Redis to be had, with the command that gets one.
 */
export async function obtainRedisCluster(
  options: { readonly masters?: number } & ServerOptions = {},
): Promise<ServerCluster> {
  const { masters = 3, ...serverOptions } = options;
  const source = await sourceOf("redis", URLS_VARIABLE);
  if (source.origin === "url") {
    const urls = source.url.split(",").map((url) => url.trim());
    const servers = await Promise.all(urls.map((url) => serverFrom({ origin: "url", url }, "redis", serverOptions)));
    return { nodes: servers, urls, [Symbol.asyncDispose]: () => Promise.resolve() };
  }
  const nodes: OwnNode[] = [];
  try {
    for (let i = 0; i < masters; i += 1) nodes.push(await ownNode(source, serverOptions));
    await form(nodes, options.password);
  } catch (error) {
    await end(nodes);
    throw error;
  }
  const servers = nodes.map(({ server }) => server);
  let ending: Promise<void> | undefined;
  return {
    nodes: servers,
    urls: servers.map(({ url }) => url),
    [Symbol.asyncDispose]: () => (ending ??= end(nodes)),
  };
}
