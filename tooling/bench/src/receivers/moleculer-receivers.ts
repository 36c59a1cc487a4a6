/** Receivers as Moleculer has them: nodes with a service for each identity that handles the event of all. */

import { ServiceBroker } from "moleculer";
import { identityOf } from "../store.ts";
import type { Counter } from "./counter.ts";
import type { MoleculerPlan } from "./plan.ts";

export const EVERYONE = "everyone";

/** A node that is heard of over NATS. */
export function moleculerNode(url: string, nodeID: string): ServiceBroker {
  return new ServiceBroker({ namespace: "bench", nodeID, transporter: url, logger: false });
}

/** Resolves when all nodes have started with their share of the services. */
export async function serveMoleculer({ url, nodes, share }: MoleculerPlan, { count }: Counter): Promise<void> {
  const brokers = nodes.map((nodeID) => moleculerNode(url, nodeID));
  for (let index = share.from; index < share.to; index += 1) {
    brokers[index % brokers.length]?.createService({ name: identityOf(index), events: { [EVERYONE]: () => count() } });
  }
  await Promise.all(brokers.map((broker) => broker.start()));
}
