/** Redis knows who is there, NATS reaches them: at most once, or until it is acknowledged. */

import { natsMessaging } from "@muster/backend-nats";
import { redisRegistry } from "@muster/backend-redis";
import type { Subject } from "@muster/conformance";
import { withMortalProcesses } from "@muster/conformance/processes";
import { compile } from "@muster/testing/compile";

export interface RedisNatsUrls {
  readonly redis: string;
  readonly nats: string;
}

/** With processes that die, each of which imports this module. */
export function redisNats(urls: RedisNatsUrls): Subject {
  return withMortalProcesses(subject(urls), new URL(import.meta.url), { args: [urls], compile });
}

/** @public Clients and nothing else. */
export function subject({ redis, nats }: RedisNatsUrls): Subject {
  return {
    name: "redis + nats",
    patienceMs: 15_000,
    registry: () => redisRegistry({ url: redis }),
    messaging: () => natsMessaging({ servers: nats }),
  };
}
