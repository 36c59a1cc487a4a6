/** Redis fills all three slots, and runs handlers' own commands in one piece with their acknowledgements. */

import { redisDurability, redisMessaging, redisRegistry, type RedisTransaction } from "@muster/backend-redis";
import type { Subject, TransactionProbe } from "@muster/conformance";
import { withMortalProcesses } from "@muster/conformance/processes";
import { compile } from "@muster/testing/compile";
import { Redis } from "ioredis";

/** With processes that die, each of which imports this module. */
export function redis(url: string): Subject {
  return withMortalProcesses(subject(url), new URL(import.meta.url), { args: [url], compile });
}

/** @public Clients and nothing else. */
export function subject(url: string): Subject {
  return {
    name: "redis",
    patienceMs: 15_000,
    registry: () => redisRegistry({ url }),
    messaging: () => redisMessaging({ url }),
    durability: () => redisDurability({ url }),
    transactionProbe: effectsAt(url),
  };
}

function effectsAt(url: string): TransactionProbe {
  return {
    async write(transaction, key): Promise<void> {
      const own = transaction as RedisTransaction; // The kit hands on what this subject's slot has given it.
      own.add("INCR", `effects:${key}`);
    },
    async read(key): Promise<number> {
      const client = new Redis(url);
      try {
        return Number(await client.get(`effects:${key}`));
      } finally {
        client.disconnect();
      }
    },
  };
}
