/** Presence on Redis and NATS: two nodes in two processes, one of which does not survive the demo. */

import { randomUUID } from "node:crypto";
import { obtainServer } from "@muster/servers";
import { runDemo, tell } from "@muster/servers/demo";
import { RemoteChat } from "./remote-chat.ts";
import { story } from "./story.ts";

process.exitCode = await runDemo("@muster/example-presence", async (audience) => {
  await using redis = await obtainServer("redis");
  await using nats = await obtainServer("nats");
  const namespace = `chat-${randomUUID()}`; // The servers may be somebody's own, and have other visitors.
  const urls = { redis: redis.url, nats: nats.url };
  await using lisbon = await RemoteChat.open(namespace, urls);
  await using oslo = await RemoteChat.open(namespace, urls);
  await tell(story({ lisbon, oslo }), audience);
});
