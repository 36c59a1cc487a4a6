/** The process of one node: `chat-process.ts <namespace> <Redis URL> <NATS URL>`. Does what its parent asks, and ends with it. */

import { natsMessaging } from "@muster/backend-nats";
import { redisRegistry } from "@muster/backend-redis";
import type { Chat } from "./chat.ts";
import { ChatNode } from "./chat-node.ts";
import type { Reply, Request } from "./request.ts";

const [namespace = "", redis = "", nats = ""] = process.argv.slice(2);

process.on("SIGINT", () => {}); // Ctrl-C goes to everyone on the terminal; the parent decides what comes of it.

const opening = ChatNode.open(namespace, {
  registry: redisRegistry({ url: redis }),
  messaging: natsMessaging({ servers: nats }),
});

process.on("disconnect", () => {
  const exit = (): void => process.exit();
  opening.then((node) => node[Symbol.asyncDispose]()).then(exit, exit);
});

process.on("message", ({ id, verb, args }: Request) => {
  answer(id, async () => await callable(await opening, verb)(...args));
});

answer(0, async () => void (await opening));

/** The parent has checked verb and arguments: both sides are compiled against the same `Chat`. */
function callable(node: ChatNode, verb: keyof Chat): (...args: readonly unknown[]) => Promise<unknown> {
  return node[verb].bind(node) as (...args: readonly unknown[]) => Promise<unknown>;
}

function answer(id: number, work: () => Promise<unknown>): void {
  work().then(
    (result) => send({ id, result }),
    (error: unknown) => send({ id, error: error instanceof Error ? error.message : String(error) }),
  );
}

function send(reply: Reply): void {
  if (process.connected) process.send?.(reply);
}
