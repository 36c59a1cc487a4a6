/** Receivers as one writes them by hand who groups: a subject for each node, a map of handlers behind it. */

import { connect } from "@nats-io/transport-node";
import { identityOf } from "../store.ts";
import type { Counter } from "./counter.ts";
import type { GroupedPlan } from "./plan.ts";

/** What a node is sent. */
export interface Grouped {
  readonly to: readonly string[];
  readonly payload: string;
}

type Handler = (payload: string) => void;

/** Resolves when every node listens. */
export async function serveGrouped({ url, nodes, share }: GroupedPlan, { count }: Counter): Promise<void> {
  const connection = await connect({ servers: url });
  const handlers = new Map<string, Handler>();
  for (let index = share.from; index < share.to; index += 1) handlers.set(identityOf(index), () => count());
  for (const node of nodes) {
    connection.subscribe(node, {
      callback: (error, message) => {
        if (error !== null) throw error;
        const { to, payload } = message.json<Grouped>();
        for (const identity of to) handlers.get(identity)?.(payload);
      },
    });
  }
  await connection.flush();
}
