/**
 * What travels to a node address: one message for many recipients, payload once, or a word between nodes. Version 1,
 * numbers big-endian:
 *
 * ```
 * 0 version u8 │ 1 kind u8 │ 2 CRC-32 of everything behind it u32 │ 6 body
 *
 * kind 1, message:   sentAt f64 │ recipients u32 │ bytes of their identities u32 │ bytes of id u16 │ bytes of contentType u16
 *                    │ id │ contentType │ epochs f64 … │ identities, joined by newlines │ payload
 * kind 2, replaced:  epoch f64 │ identity
 * kind 3, bell:      nothing
 * kind 4, acknowledgement: frame u32 │ runs u32 │ attempt u16 │ bytes of id u16 │ id
 *                    │ runs: first place u16, last place u16, state u8 … │ reasons: JSON [[place, reason], …], or nothing
 * kind 5, receipts:  bytes of id u16 │ delivered u32 │ bytes of their identities u32 │ id │ identities, joined by newlines
 *                    │ failures: JSON [[identity, code, reason], …]
 * kind 6, awaited:   frame u32 │ attempt u16 │ bytes of replyTo u16 │ places u32 │ replyTo │ places u16 …
 *                    │ then as kind 1; where there are no places, each recipient's is its number
 * ```
 *
 * Identities hold no control characters, so that a list of them is one string. A frame that was cut or altered is refused
 * as a whole: the checksum stands between a flipped bit and the wrong recipient.
 */

import { type AcknowledgementFrame, decodeAcknowledgement, KIND_ACKNOWLEDGEMENT } from "./acknowledgement.ts";
import { type AwaitedFrame, decodeAwaited, KIND_AWAITED } from "./awaited-frame.ts";
import { openedKind, unsupported } from "./envelope.ts";
import { decodeMessage, KIND_MESSAGE, type MessageFrame } from "./message-frame.ts";
import { type BellFrame, decodeReplaced, KIND_BELL, KIND_REPLACED, type ReplacedFrame } from "./notices.ts";
import { decodeReceipts, KIND_RECEIPTS, type ReceiptsFrame } from "./receipts.ts";

export type Frame = MessageFrame | AwaitedFrame | AcknowledgementFrame | ReplacedFrame | BellFrame | ReceiptsFrame;

/**
 * Reads a frame; its payload is a view of `bytes`.
 *
 * @throws UNSUPPORTED: a version or kind this release doesn't know; INTERNAL: cut or altered on the way.
 */
export function decodeFrame(bytes: Uint8Array): Frame {
  const kind = openedKind(bytes);
  if (kind === KIND_MESSAGE) return decodeMessage(bytes);
  if (kind === KIND_AWAITED) return decodeAwaited(bytes);
  if (kind === KIND_ACKNOWLEDGEMENT) return decodeAcknowledgement(bytes);
  if (kind === KIND_REPLACED) return decodeReplaced(bytes);
  if (kind === KIND_BELL) return { kind: "bell" };
  if (kind === KIND_RECEIPTS) return decodeReceipts(bytes);
  throw unsupported(`frame kind ${kind}`, "a newer release has sent it");
}
