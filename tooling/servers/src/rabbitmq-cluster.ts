import { type ClusterNode, obtainCluster, type ServerCluster } from "./cluster.ts";
import { obtainPortMapper } from "./port-mapper.ts";
import type { ReservedPort } from "./ports.ts";
import { rabbitmqRecipe } from "./rabbitmq.ts";
import type { ServerOptions } from "./server.ts";

/** Each node joins those before it; they start one after the other. */
function argumentsOf(
  bus: ReservedPort,
  buses: readonly ReservedPort[],
  { arguments: more = [] }: ServerOptions,
): readonly string[] {
  const known = buses.slice(0, buses.indexOf(bus) + 1);
  return [
    "cluster_formation.peer_discovery_backend = classic_config",
    ...known.map(({ port }, index) => `cluster_formation.classic_config.nodes.${index + 1} = muster-${port}@localhost`),
    // Seconds until a node that has fallen silent counts as down; a minute by default.
    "net_ticktime = 8",
    "cluster_partition_handling = pause_minority",
    ...more,
  ];
}

async function form(nodes: readonly ClusterNode[]): Promise<void> {
  const last = nodes.at(-1)?.server;
  const count = await last?.control?.administer(["rabbitmqctl", "-q", "eval", "length(rabbit_nodes:all_running())."]);
  if (Number(count) !== nodes.length) throw new Error(`no RabbitMQ cluster of ${nodes.length}, but of ${count}`);
}

/**
 * RabbitMQ servers of one cluster. Each keeps what is durable; a minority that has lost the others pauses. By URL:
 * `MUSTER_RABBITMQ_CLUSTER_URLS`, separated by commas.
 *
 * @throws MissingServerError when there is no RabbitMQ to be had, with the command that gets one.
 */
export async function obtainRabbitmqCluster(
  options: { readonly size?: number } & ServerOptions = {},
): Promise<ServerCluster> {
  const { size = 3, ...serverOptions } = options;
  return obtainCluster({
    kind: "rabbitmq",
    urlsVariable: "MUSTER_RABBITMQ_CLUSTER_URLS",
    size,
    options: serverOptions,
    companion: (source) => obtainPortMapper(source, rabbitmqRecipe),
    sidePortsOf: (bus, mapper) => [...mapper, bus.port],
    argumentsOf: (bus, buses) => argumentsOf(bus, buses, serverOptions),
    form,
  });
}
