import { setTimeout as delay } from "node:timers/promises";
import { type ClusterNode, obtainCluster, type ServerCluster } from "./cluster.ts";
import { natsGreeting } from "./nats.ts";
import type { ReservedPort } from "./ports.ts";
import type { Server, ServerOptions } from "./server.ts";

const FORMED_WITHIN_MS = 30_000;
const HOST = "127.0.0.1";

/** A node names those it has routes to. */
async function isFormed(server: Server, size: number): Promise<boolean> {
  const { connect_urls: urls = [] } = await natsGreeting(server);
  return urls.length >= size;
}

async function form(nodes: readonly ClusterNode[]): Promise<void> {
  const deadline = performance.now() + FORMED_WITHIN_MS;
  for (const { server } of nodes) {
    while (!(await isFormed(server, nodes.length))) {
      if (performance.now() > deadline) throw new Error(`no NATS cluster of ${nodes.length} within 30 s`);
      await delay(20);
    }
  }
}

function argumentsOf(
  bus: ReservedPort,
  buses: readonly ReservedPort[],
  { arguments: more = [] }: ServerOptions,
): readonly string[] {
  const routes = buses.filter((one) => one !== bus).map(({ port }) => `nats://${HOST}:${port}`);
  return [
    ...["--cluster_name", "muster", "-n", `node-${bus.port}`, "--cluster", `nats://${HOST}:${bus.port}`],
    ...["--routes", routes.join(",")],
    ...more,
  ];
}

/**
 * NATS servers of one cluster, each with a route to every other. By URL: `MUSTER_NATS_CLUSTER_URLS`,
 * separated by commas. With `-js` among the arguments they can hold streams; each has its own data.
 *
 * @throws MissingServerError when there is no NATS to be had, with the command that gets one.
 */
export async function obtainNatsCluster(
  options: { readonly size?: number } & ServerOptions = {},
): Promise<ServerCluster> {
  const { size = 3, ...serverOptions } = options;
  return obtainCluster({
    kind: "nats",
    urlsVariable: "MUSTER_NATS_CLUSTER_URLS",
    size,
    options: serverOptions,
    argumentsOf: (bus, buses) => argumentsOf(bus, buses, serverOptions),
    form,
  });
}
