/** Service discovery and configuration on Redis and NATS. */

import { randomUUID } from "node:crypto";
import { natsMessaging } from "@muster/backend-nats";
import { redisRegistry } from "@muster/backend-redis";
import { obtainServer } from "@muster/servers";
import { runDemo, tell } from "@muster/servers/demo";
import { story } from "./story.ts";
import { System } from "./system.ts";

process.exitCode = await runDemo("@muster/example-services", async (audience) => {
  await using redis = await obtainServer("redis");
  await using nats = await obtainServer("nats");
  const namespace = `services-${randomUUID()}`; // The servers may be somebody's own, and have other visitors.
  await using system = await System.open(namespace, () => ({
    registry: redisRegistry({ url: redis.url }),
    messaging: natsMessaging({ servers: nats.url }),
  }));
  await tell(story(system), audience);
});
