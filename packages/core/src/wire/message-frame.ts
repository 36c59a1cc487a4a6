/** One multicast for many recipients at one address: payload once. Layout: `frame.ts`. */

import { BODY_AT, damaged, newFrame, sealed, textOf, viewOf } from "./envelope.ts";
import type { Headers } from "../slots/index.ts";

export const KIND_MESSAGE = 1;

/** Behind the beginning of a message: its lengths, and its id. */
const LENGTHS_AT = 8;
const TEXT_AT = LENGTHS_AT + 12;
const EPOCH_BYTES = 8;
const NOTHING = new Uint8Array();

/** What all recipients of one multicast have in common. */
export interface Content {
  readonly id: string;
  readonly contentType: string;
  /** Epoch ms by the sender's clock. */
  readonly sentAt: number;
  readonly payload: Uint8Array;
  /** The sender's trace context, for messages with headers; frames don't carry it. */
  readonly trace?: Headers;
}

/** Recipients by column: `epochs[i]` belongs to `identities[i]`. */
export interface Recipients {
  readonly identities: readonly string[];
  readonly epochs: ArrayLike<number>;
}

export interface MessageFrame extends Content, Recipients {
  readonly kind: "message";
  /** The identities, joined by newlines: their text as it came. */
  readonly names: string;
}

/** Bytes a frame of this content takes before its first recipient. */
export function frameBytes(content: Content): number {
  const { id, contentType, payload } = content;
  return BODY_AT + TEXT_AT + Buffer.byteLength(id) + Buffer.byteLength(contentType) + payload.byteLength;
}

/** Bytes one more recipient takes. */
export function recipientBytes(identity: string): number {
  return EPOCH_BYTES + 1 + Buffer.byteLength(identity);
}

/** One frame for at least one recipient; the payload is copied. */
export function encodeMessage(content: Content, recipients: Recipients): Uint8Array {
  return encodeBehind(KIND_MESSAGE, NOTHING, content, recipients);
}

/** A frame of another kind: a message, with something before it. */
export function encodeBehind(
  kind: number,
  head: Uint8Array,
  content: Content,
  { identities, epochs }: Recipients,
): Uint8Array {
  const at = BODY_AT + head.length;
  const id = Buffer.from(content.id);
  const contentType = Buffer.from(content.contentType);
  const names = identities.join("\n");
  const nameBytes = Buffer.byteLength(names);
  const epochsAt = at + TEXT_AT + id.length + contentType.length;
  const namesAt = epochsAt + EPOCH_BYTES * identities.length;
  const frame = newFrame(kind, namesAt + nameBytes + content.payload.byteLength);
  const view = viewOf(frame);
  frame.set(head, BODY_AT);
  view.setFloat64(at, content.sentAt);
  view.setUint32(at + LENGTHS_AT, identities.length);
  view.setUint32(at + LENGTHS_AT + 4, nameBytes);
  view.setUint16(at + LENGTHS_AT + 8, id.length);
  view.setUint16(at + LENGTHS_AT + 10, contentType.length);
  frame.set(id, at + TEXT_AT);
  frame.set(contentType, at + TEXT_AT + id.length);
  putEpochs(view, epochsAt, epochs, identities.length);
  frame.write(names, namesAt);
  frame.set(content.payload, namesAt + nameBytes);
  return sealed(frame);
}

/**
 * By itself, for it knows nothing but what never goes: what an engine has compiled for multicasts it throws away when it
 * collects the last of them.
 */
function putEpochs(view: DataView, at: number, epochs: ArrayLike<number>, count: number): void {
  for (let i = 0; i < count; i++) view.setFloat64(at + EPOCH_BYTES * i, epochs[i] ?? 0);
}

/** @param at where the message begins. */
export function decodeMessage(bytes: Uint8Array, at: number = BODY_AT): MessageFrame {
  if (bytes.length < at + TEXT_AT) throw damaged("it ends within its header");
  const view = viewOf(bytes);
  const count = view.getUint32(at + LENGTHS_AT);
  const typeAt = at + TEXT_AT + view.getUint16(at + LENGTHS_AT + 8);
  const epochsAt = typeAt + view.getUint16(at + LENGTHS_AT + 10);
  const namesAt = epochsAt + EPOCH_BYTES * count;
  const payloadAt = namesAt + view.getUint32(at + LENGTHS_AT + 4);
  if (payloadAt > bytes.length) throw damaged("it ends within its recipients");
  const names = textOf(bytes, namesAt, payloadAt);
  const identities = names.split("\n");
  if (identities.length !== count) throw damaged("its recipients are not as many as it says");
  const epochs = new Float64Array(count);
  for (let i = 0; i < count; i++) epochs[i] = view.getFloat64(epochsAt + EPOCH_BYTES * i);
  return {
    kind: "message",
    id: textOf(bytes, at + TEXT_AT, typeAt),
    contentType: textOf(bytes, typeAt, epochsAt),
    sentAt: view.getFloat64(at),
    identities,
    names,
    epochs,
    payload: bytes.subarray(payloadAt),
  };
}
