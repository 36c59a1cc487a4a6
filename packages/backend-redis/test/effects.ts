/** Keys of somebody who uses Muster, to which the conformance kit writes in transactions. */

import type { TransactionProbe } from "@muster/conformance";
import { Redis } from "ioredis";
import type { RedisNode, RedisTransaction } from "../src/index.ts";

/** `nodes`: the server, or all masters of a cluster, where a key lies with the namespace that it was written in. */
export function effectsOn(nodes: readonly RedisNode[]): TransactionProbe {
  return {
    write: async (transaction, key) => {
      const own = transaction as RedisTransaction; // The kit hands on what this subject's slot has given it.
      own.add("INCR", `effects:${own.hashTag}:${key}`);
    },
    read: async (key) => {
      const counts = await Promise.all(nodes.map(async (node) => countOn(node, key)));
      return counts.reduce((sum, count) => sum + count, 0);
    },
  };
}

async function countOn({ host, port }: RedisNode, key: string): Promise<number> {
  const redis = new Redis({ host, port });
  redis.on("error", () => undefined); // The server is restarted now and then.
  try {
    const [found] = await redis.keys(`effects:*:${key}`);
    return found === undefined ? 0 : Number(await redis.get(found));
  } finally {
    redis.disconnect();
  }
}
