/** Redis knows who is there, NATS reaches them, and JetStream keeps what they have not had. */

import { natsDurability, natsMessaging } from "@muster/backend-nats";
import { redisRegistry } from "@muster/backend-redis";
import type { Subject } from "@muster/conformance";
import { withMortalProcesses } from "@muster/conformance/processes";
import { compile } from "@muster/testing/compile";
import type { RedisNatsUrls } from "./redis-nats.ts";

/** With processes that die, each of which imports this module. */
export function redisJetStream(urls: RedisNatsUrls): Subject {
  return withMortalProcesses(subject(urls), new URL(import.meta.url), { args: [urls], compile });
}

/** @public Clients and nothing else. */
export function subject({ redis, nats }: RedisNatsUrls): Subject {
  return {
    name: "redis + jetstream",
    patienceMs: 15_000,
    registry: () => redisRegistry({ url: redis }),
    messaging: () => natsMessaging({ servers: nats }),
    durability: () => natsDurability({ servers: nats }),
  };
}
