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

async function form(nodes: readonly ClusterNode[], password: string | undefined): Promise<void> {
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
  return obtainCluster({
    kind: "redis",
    urlsVariable: "MUSTER_REDIS_CLUSTER_URLS",
    size: masters,
    options: serverOptions,
    argumentsOf: (bus) => argumentsOf(bus, serverOptions),
    form: (nodes) => form(nodes, options.password),
  });
}
