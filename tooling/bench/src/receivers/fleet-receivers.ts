/** Receivers as a user of Muster has them. */

import { kafkaMessaging } from "@muster/backend-kafka";
import { natsMessaging } from "@muster/backend-nats";
import { rabbitmqMessaging } from "@muster/backend-rabbitmq";
import { redisMessaging, redisRegistry } from "@muster/backend-redis";
import { openRegistry } from "@muster/core";
import type { MessagingBackend, RegistryBackend } from "@muster/core/slots";
import { sensors } from "../documents.ts";
import { PATIENT } from "../fleets.ts";
import { identityOf } from "../store.ts";
import type { Counter } from "./counter.ts";
import type { BrokerPlace, FleetPlan, RegistryPlace } from "./plan.ts";
import { remoteRegistry } from "./remote-registry.ts";

/** Before an identity: its own address, where it has one. */
export const OWN_ADDRESS = "own-";

/** Registers in flight at once. */
const WAVE = 2_000;

/** Opens the fleets and registers the share of this process, dealt out to them in turn. */
export async function serveFleets(plan: FleetPlan, counter: Counter): Promise<void> {
  const { namespace, share, addresses } = plan;
  const open = Array.from({ length: plan.fleets }, () =>
    openRegistry({
      namespace,
      registry: registryAt(plan.registry),
      messaging: messagingAt(plan.messaging),
      timing: PATIENT,
    }),
  );
  const fleets = await Promise.all(open);
  const documents = sensors(share.to);
  for (let start = share.from; start < share.to; start += WAVE) {
    const wave = documents.slice(start, Math.min(start + WAVE, share.to)).map(async (metadata, offset) => {
      const identity = identityOf(start + offset);
      const fleet = fleets[(start + offset) % fleets.length];
      const own = addresses === "identity" ? { address: OWN_ADDRESS + identity } : {};
      await fleet?.register(identity, metadata, { onMessage: counter.count, ...own });
    });
    await Promise.all(wave);
  }
}

export function messagingAt({ at, url }: BrokerPlace): MessagingBackend {
  switch (at) {
    case "nats":
      return natsMessaging({ servers: url });
    case "redis":
      return redisMessaging({ url });
    case "rabbitmq":
      return rabbitmqMessaging({ url });
    case "kafka":
      return kafkaMessaging({ url });
  }
}

export function registryAt(place: RegistryPlace): RegistryBackend {
  return place.at === "redis" ? redisRegistry({ url: place.url }) : remoteRegistry();
}
