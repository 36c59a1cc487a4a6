/** Redis knows who is there, RabbitMQ reaches them and keeps what they have not handled. */

import { rabbitmqDurability, rabbitmqMessaging } from "@muster/backend-rabbitmq";
import { redisRegistry } from "@muster/backend-redis";
import type { Subject } from "@muster/conformance";
import { withMortalProcesses } from "@muster/conformance/processes";
import { compile } from "@muster/testing/compile";

export interface RedisRabbitmqUrls {
  readonly redis: string;
  readonly rabbitmq: string;
}

/** With processes that die, each of which imports this module. */
export function redisRabbitmq(urls: RedisRabbitmqUrls): Subject {
  return withMortalProcesses(subject(urls), new URL(import.meta.url), { args: [urls], compile });
}

/** @public Clients and nothing else. */
export function subject({ redis, rabbitmq }: RedisRabbitmqUrls): Subject {
  return {
    name: "redis + rabbitmq",
    patienceMs: 15_000,
    registry: () => redisRegistry({ url: redis }),
    messaging: () => rabbitmqMessaging({ url: rabbitmq }),
    durability: () => rabbitmqDurability({ url: rabbitmq }),
  };
}
