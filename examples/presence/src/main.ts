/** Presence on Redis and NATS: two nodes in two processes, one of which does not survive the demo. */

import { randomUUID } from "node:crypto";
import { obtainServer } from "@muster/servers";
import { runDemo, tell } from "./demo.ts";
import { RemoteChat } from "./remote-chat.ts";
import { story } from "./story.ts";

const USAGE = `Usage: npx -y pnpm@10.34.9 --filter @muster/example-presence demo [--json]

  --json    one JSON document on stdout and nothing else
  --help    this text
`;

process.exitCode = await runDemo(USAGE, async (audience) => {
  await using redis = await obtainServer("redis");
  await using nats = await obtainServer("nats");
  const namespace = `chat-${randomUUID()}`; // The servers may be somebody's own, and have other visitors.
  const urls = { redis: redis.url, nats: nats.url };
  await using lisbon = await RemoteChat.open(namespace, urls);
  await using oslo = await RemoteChat.open(namespace, urls);
  await tell(story({ lisbon, oslo }), audience);
});
