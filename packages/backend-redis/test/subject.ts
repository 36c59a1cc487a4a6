import type { ServerFaults, Subject } from "@muster/conformance";
import { type FaultProxy, faultProxy, serverFaults } from "@muster/conformance/faults";
import { withMortalProcesses } from "@muster/conformance/processes";
import type { Server, ServerCluster } from "@muster/servers";
import { compile } from "@muster/testing/compile";
import { Redis } from "ioredis";
import { setImmediate as turn } from "node:timers/promises";
import { redisDurability, redisMessaging, type RedisNode, type RedisOptions, redisRegistry } from "../src/index.ts";
import { effectsOn } from "./effects.ts";

/** Longer than the second that a connection may take to come back, and the two until restarted masters take writes. */
const CLUSTER_PATIENCE_MS = 15_000;
const MODULE = new URL(import.meta.url);

/**
 * @public Clients and nothing else: for those processes of the kit that die, which import this module.
 *
 * @param nodes where handlers' own keys are looked for.
 */
export function subject(options: RedisOptions, nodes: readonly RedisNode[]): Subject {
  return {
    name: "redis",
    registry: () => redisRegistry(options),
    messaging: () => redisMessaging(options),
    durability: () => redisDurability(options),
    transactionProbe: effectsOn(nodes),
  };
}

/** One server, as the conformance kit looks at it: through a proxy that can break the line. */
export async function standalone(server: Server): Promise<Subject> {
  const { host, port, control } = server;
  const place = { host, port };
  const proxy = await faultProxy(place);
  const faults = serverFaults({ proxies: [proxy], controls: [control], keepsData: true });
  const whole = wholeOf({ host: proxy.host, port: proxy.port }, [place], faults, [proxy]);
  return withMortalProcesses(whole, MODULE, { args: [place, [place]], compile });
}

/** A cluster with a proxy before each node; the addresses that nodes tell of one another are translated to theirs. */
export async function clustered({ nodes }: ServerCluster): Promise<Subject> {
  const places = nodes.map(({ host, port }) => ({ host, port }));
  const proxies = await Promise.all(places.map(faultProxy));
  const cluster = proxies.map(({ host, port }) => ({ host, port }));
  const natMap: Record<string, RedisNode> = {};
  for (const [index, { host, port }] of nodes.entries()) {
    const proxy = cluster[index];
    if (proxy !== undefined) natMap[`${host}:${port}`] = proxy;
  }
  const faults = serverFaults({
    proxies,
    controls: nodes.map(({ control }) => control),
    untilServing: async () => void (await Promise.all(nodes.map(untilFormed))),
    keepsData: true,
  });
  const whole = {
    ...wholeOf({ cluster, natMap }, places, faults, proxies),
    name: "redis cluster",
    patienceMs: CLUSTER_PATIENCE_MS,
  };
  return withMortalProcesses(whole, MODULE, { args: [{ cluster: places }, places], compile });
}

/** Nodes that were away do not serve before they have heard of all others. */
async function untilFormed({ url }: Server): Promise<void> {
  const redis = new Redis(url);
  try {
    while (!(await redis.cluster("INFO")).includes("cluster_state:ok")) await turn();
  } finally {
    redis.disconnect();
  }
}

function wholeOf(
  options: RedisOptions,
  nodes: readonly RedisNode[],
  faults: ServerFaults,
  proxies: readonly FaultProxy[],
): Subject {
  const close = async (): Promise<void> => void (await Promise.all(proxies.map(async (proxy) => proxy.close())));
  return { ...subject(options, nodes), faults, close };
}
