/** Presence on servers: two nodes in two processes, one of which does not survive the demo. */

import { randomUUID } from "node:crypto";
import { obtainServer, type Server } from "@muster/servers";
import { runDemo, tell } from "@muster/servers/demo";
import { COMPOSITIONS, compositionOf, type Urls } from "./compositions.ts";
import { RemoteChat } from "./remote-chat.ts";
import { story } from "./story.ts";

/** NATS keeps something only with JetStream. */
const ARGUMENTS = { redis: [], nats: ["-js"] };

process.exitCode = await runDemo(
  "@muster/example-presence",
  async (audience, on) => {
    const { servers: kinds, keeps } = compositionOf(on);
    const servers: Server[] = [];
    try {
      for (const kind of kinds) servers.push(await obtainServer(kind, { arguments: ARGUMENTS[kind] }));
      const urls: Urls = Object.fromEntries(servers.map(({ kind, url }) => [kind, url]));
      const namespace = `chat-${randomUUID()}`; // The servers may be somebody's own, and have other visitors.
      await using lisbon = await RemoteChat.open(namespace, on, urls);
      await using oslo = await RemoteChat.open(namespace, on, urls);
      await tell(story({ lisbon, oslo }, { keeps }), audience);
    } finally {
      for (const server of servers) await server[Symbol.asyncDispose]();
    }
  },
  [...COMPOSITIONS.keys()],
);
