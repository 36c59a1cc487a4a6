/** What the chat can run on: servers, and what of them fills which slot. One more is one more entry. */

import { natsDurability, natsMessaging, natsRegistry } from "@muster/backend-nats";
import { redisDurability, redisMessaging, redisRegistry } from "@muster/backend-redis";
import type { Slots } from "./chat-node.ts";

type Server = "redis" | "nats";
/** Where the servers are. */
export type Urls = Readonly<Partial<Record<Server, string>>>;

export interface Composition {
  readonly servers: readonly Server[];
  /** Whoever is away gets what was left for him: there is a durability slot. */
  readonly keeps: boolean;
  slots(urls: Urls): Slots;
}

const REDIS_AND_NATS: Composition = {
  servers: ["redis", "nats"],
  keeps: false,
  slots: ({ redis = "", nats = "" }) => ({
    registry: redisRegistry({ url: redis }),
    messaging: natsMessaging({ servers: nats }),
  }),
};

const REDIS: Composition = {
  servers: ["redis"],
  keeps: true,
  slots: ({ redis: url = "" }) => ({
    registry: redisRegistry({ url }),
    messaging: redisMessaging({ url }),
    durability: redisDurability({ url }),
  }),
};

const NATS: Composition = {
  servers: ["nats"],
  keeps: true,
  slots: ({ nats: servers = "" }) => ({
    registry: natsRegistry({ servers }),
    messaging: natsMessaging({ servers }),
    durability: natsDurability({ servers }),
  }),
};

/** By the name that `--on` takes; the first is what the demo runs on without. */
export const COMPOSITIONS: ReadonlyMap<string, Composition> = new Map([
  ["redis+nats", REDIS_AND_NATS],
  ["redis", REDIS],
  ["nats", NATS],
]);

/** @throws RangeError: there is none of that name. */
export function compositionOf(name: string): Composition {
  const composition = COMPOSITIONS.get(name);
  if (composition === undefined) throw new RangeError(`there is no composition ${name}`);
  return composition;
}
