import { setTimeout as delay } from "node:timers/promises";
import { type ClusterNode, obtainCluster, type ServerCluster } from "./cluster.ts";
import { kafkaGreeting } from "./kafka-protocol.ts";
import type { ReservedPort } from "./ports.ts";
import type { ServerOptions } from "./server.ts";

const FORMED_WITHIN_MS = 30_000;

/** Each is a broker and a controller; what is not said of replicas is kept by all, and two suffice to write. */
function argumentsOf(
  bus: ReservedPort,
  buses: readonly ReservedPort[],
  { arguments: more = [] }: ServerOptions,
): readonly string[] {
  const voters = buses.map(({ port }, index) => `${index + 1}@127.0.0.1:${port}`).join(",");
  const [copies, enough] = [buses.length, Math.floor(buses.length / 2) + 1];
  return [
    `node.id=${buses.indexOf(bus) + 1}`,
    `controller.quorum.voters=${voters}`,
    `default.replication.factor=${copies}`,
    `min.insync.replicas=${enough}`,
    `offsets.topic.replication.factor=${copies}`,
    `transaction.state.log.replication.factor=${copies}`,
    `transaction.state.log.min.isr=${enough}`,
    `share.coordinator.state.topic.replication.factor=${copies}`,
    `share.coordinator.state.topic.min.isr=${enough}`,
    // A replica that is behind for so long no longer counts; 30 s by default.
    "replica.lag.time.max.ms=2000",
    ...more,
  ];
}

async function form(nodes: readonly ClusterNode[], password: string | undefined): Promise<void> {
  const deadline = performance.now() + FORMED_WITHIN_MS;
  const isKnown = async ({ server }: ClusterNode): Promise<boolean> =>
    (await kafkaGreeting(server, password)).ports.length === nodes.length;
  while (!(await Promise.all(nodes.map(isKnown))).every(Boolean)) {
    if (performance.now() > deadline) throw new Error(`no Kafka cluster of ${nodes.length} within 30 s`);
    await delay(20);
  }
}

/**
 * Kafka brokers of one cluster, of which most must run for any to serve. By URL: `MUSTER_KAFKA_CLUSTER_URLS`, separated
 * by commas.
 *
 * @throws MissingServerError when there is no Kafka to be had, with the command that gets it.
 */
export async function obtainKafkaCluster(
  options: { readonly size?: number } & ServerOptions = {},
): Promise<ServerCluster> {
  const { size = 3, ...serverOptions } = options;
  return obtainCluster({
    kind: "kafka",
    urlsVariable: "MUSTER_KAFKA_CLUSTER_URLS",
    size,
    options: serverOptions,
    sidePortsOf: (bus) => [bus.port],
    startTogether: true,
    argumentsOf: (bus, buses) => argumentsOf(bus, buses, serverOptions),
    form: (nodes) => form(nodes, options.password),
  });
}
