/** How much of a payload the messaging slot carries. */

import type { ReceivingNode } from "../receiving/node.ts";
import { type MessagingBackend, MusterError } from "../slots/index.ts";
import { type Content, frameBytes, recipientBytes } from "../wire/message-frame.ts";
import { acknowledgedBytes } from "./acknowledged/fan-out.ts";

/** The longest identity there can be: whatever fits beside it fits beside any. */
const LONGEST_IDENTITY = "i".repeat(256);

/**
 * @param node present: recipients are to acknowledge it to this node.
 * @throws PAYLOAD_TOO_LARGE
 */
export function checkRoom(
  messaging: MessagingBackend,
  content: Content,
  node: ReceivingNode | undefined,
  source: string,
): void {
  const bytes = content.payload.byteLength;
  const awaiting = node === undefined ? 0 : acknowledgedBytes(node);
  const overhead = frameBytes(content) - bytes + recipientBytes(LONGEST_IDENTITY) + awaiting;
  const maxBytes = Math.max(0, messaging.traits.maxPayloadBytes - overhead);
  if (bytes <= maxBytes) return;
  const message = `the payload has ${bytes} bytes, and the messaging slot takes ${maxBytes} beside what Muster adds`;
  throw new MusterError({ code: "PAYLOAD_TOO_LARGE", source, message, detail: { bytes, maxBytes } });
}
