/** The process of one node: `chat-process.ts <namespace> <composition> <URLs, as JSON>`. Does what its parent asks, and ends with it. */

import { answerParent } from "@muster/servers/remote";
import { ChatNode } from "./chat-node.ts";
import { compositionOf, type Urls } from "./compositions.ts";

const [namespace = "", on = "", urls = "{}"] = process.argv.slice(2);

answerParent(ChatNode.open(namespace, compositionOf(on).slots(JSON.parse(urls) as Urls))); // As its parent has written it.
