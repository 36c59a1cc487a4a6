/** Takes away what a namespace leaves behind: a broker starts the more slowly, the more partitions it has. */

import type { DurabilityBackend } from "@muster/core/slots";
import { topicOf } from "../../src/keys.ts";
import { Foreigner } from "../foreign.ts";

/** @returns clients as `make` does, of which the last to be closed in its namespace leaves no topics there. */
export function clearing(url: string, make: () => DurabilityBackend): () => DurabilityBackend {
  const open = new Map<string, number>();
  return () => {
    const client = make();
    const [opening, closing] = [client.open.bind(client), client.close.bind(client)];
    let namespace: string | undefined;
    client.open = async (scope, call) => {
      await opening(scope, call);
      namespace = scope.namespace;
      open.set(namespace, (open.get(namespace) ?? 0) + 1);
    };
    client.close = async () => {
      await closing();
      if (namespace === undefined) return;
      const left = (open.get(namespace) ?? 1) - 1;
      open.set(namespace, left);
      if (left === 0) await clear(url, namespace).catch(() => undefined); // It is only slower then.
      namespace = undefined;
    };
    return client;
  };
}

async function clear(url: string, namespace: string): Promise<void> {
  await using foreign = await Foreigner.at(url);
  const topics = ["queue", "positions", "letters"].map((use) => topicOf("muster", namespace, use));
  await foreign.admin.deleteTopics({ topics });
}
