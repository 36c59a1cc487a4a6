/**
 * Receivers behind Moleculer: a service on each node, which passes the event on to a handler for each of its identities. A
 * service for each identity would be the other way, and takes ten thousand of them minutes to start.
 */

import { ServiceBroker } from "moleculer";
import { identityOf } from "../store.ts";
import type { Counter } from "./counter.ts";
import type { MoleculerPlan } from "./plan.ts";

export const EVERYONE = "everyone";

/** A node that is heard of over NATS. */
export function moleculerNode(url: string, nodeID: string): ServiceBroker {
  return new ServiceBroker({ namespace: "bench", nodeID, transporter: url, logger: false });
}

/** Of the service on a node. */
export function serviceOf(nodeID: string): string {
  return `handlers-of-${nodeID}`;
}

/** Resolves when all nodes have started, each with its share of the handlers. */
export async function serveMoleculer({ url, nodes, share }: MoleculerPlan, { count }: Counter): Promise<void> {
  const starting = nodes.map((nodeID, place) => {
    const handlers = new Map<string, () => void>();
    for (let index = share.from; index < share.to; index += 1) {
      if (index % nodes.length === place) handlers.set(identityOf(index), () => count());
    }
    const broker = moleculerNode(url, nodeID);
    const onEvent = (): void => {
      for (const handle of handlers.values()) handle();
    };
    broker.createService({ name: serviceOf(nodeID), events: { [EVERYONE]: onEvent } });
    return broker.start();
  });
  await Promise.all(starting);
}
