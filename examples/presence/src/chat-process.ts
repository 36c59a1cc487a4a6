/** The process of one node: `chat-process.ts <namespace> <Redis URL> <NATS URL>`. Does what its parent asks, and ends with it. */

import { natsMessaging } from "@muster/backend-nats";
import { redisRegistry } from "@muster/backend-redis";
import { answerParent } from "@muster/servers/remote";
import { ChatNode } from "./chat-node.ts";

const [namespace = "", redis = "", nats = ""] = process.argv.slice(2);

answerParent(
  ChatNode.open(namespace, {
    registry: redisRegistry({ url: redis }),
    messaging: natsMessaging({ servers: nats }),
  }),
);
