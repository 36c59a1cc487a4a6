import { setTimeout as delay } from "node:timers/promises";
import { type ClusterNode, obtainCluster, type ServerCluster } from "./cluster.ts";
import type { ReservedPort } from "./ports.ts";
import { redisCommand } from "./redis.ts";
import type { Server, ServerOptions } from "./server.ts";

const SLOTS = 16_384;
const NODE_TIMEOUT_MS = 2000;
const FORMED_WITHIN_MS = 30_000;

/** Everything a node is started with; the nodes ask one another for the password, too. */
function argumentsOf(bus: ReservedPort, { password, arguments: more = [] }: ServerOptions): readonly string[] {
  return [
    ...["--cluster-enabled", "yes", "--cluster-port", String(bus.port), "--cluster-config-file", "nodes.conf"],
    ...["--cluster-node-timeout", String(NODE_TIMEOUT_MS)],
    ...(password === undefined ? [] : ["--masterauth", password]),
    ...more,
  ];
}

async function isFormed(server: Server, size: number, password: string | undefined): Promise<boolean> {
  const info = await redisCommand(server, ["CLUSTER", "INFO"], password);
  return info.includes("cluster_state:ok") && info.includes(`cluster_known_nodes:${size}\r`);
}

async function form(nodes: readonly ClusterNode[], masters: number, password: string | undefined): Promise<void> {
  const share = Math.ceil(SLOTS / masters);
  const [first] = nodes;
  for (const [index, { server, bus }] of nodes.entries()) {
    const range = [index * share, Math.min(SLOTS, (index + 1) * share) - 1].map(String);
    await redisCommand(server, ["CLUSTER", "SET-CONFIG-EPOCH", String(index + 1)], password);
    if (index < masters) await redisCommand(server, ["CLUSTER", "ADDSLOTSRANGE", ...range], password);
    const meeting = ["CLUSTER", "MEET", server.host, String(server.port), String(bus.port)];
    if (first !== undefined && index > 0) await redisCommand(first.server, meeting, password);
  }
  const until = waiting(`no Redis Cluster of ${nodes.length}`);
  for (const { server } of nodes) await until(async () => isFormed(server, nodes.length, password));
  for (const [index, { server }] of nodes.slice(masters).entries()) {
    const master = nodes[index % masters]?.server ?? server;
    const id = await redisCommand(master, ["CLUSTER", "MYID"], password);
    await redisCommand(server, ["CLUSTER", "REPLICATE", id], password);
    await until(async () => (await redisCommand(server, ["INFO", "replication"], password)).includes("link_status:up"));
  }
}

/** Polls until it is so. All of it has one deadline. */
function waiting(failure: string): (isSo: () => Promise<boolean>) => Promise<void> {
  const deadline = performance.now() + FORMED_WITHIN_MS;
  return async (isSo) => {
    while (!(await isSo())) {
      if (performance.now() > deadline) throw new Error(`${failure} within 30 s`);
      await delay(20);
    }
  };
}

/**
 * A Redis Cluster (7.0 or later) whose masters share all slots and answer. Its nodes are the masters and, behind them,
 * the replicas, each in step with its master; without any, which is the default, what a dead node had is out of reach
 * until it is started again. By URL: `MUSTER_REDIS_CLUSTER_URLS`, separated by commas.
 *
 * @throws MissingServerError when there is no Redis to be had, with the command that gets one.
 */
export async function obtainRedisCluster(
  options: { readonly masters?: number; readonly replicas?: number } & ServerOptions = {},
): Promise<ServerCluster> {
  const { masters = 3, replicas = 0, ...serverOptions } = options;
  return obtainCluster({
    kind: "redis",
    urlsVariable: "MUSTER_REDIS_CLUSTER_URLS",
    size: masters + replicas,
    options: serverOptions,
    argumentsOf: (bus) => argumentsOf(bus, serverOptions),
    form: (nodes) => form(nodes, masters, options.password),
  });
}
