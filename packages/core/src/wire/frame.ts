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
 * ```
 *
 * Identities hold no control characters, so that a list of them is one string. A frame that was cut or altered is refused
 * as a whole: the checksum stands between a flipped bit and the wrong recipient.
 */

import { crc32 } from "node:zlib";
import { type Headers, MusterError } from "../slots/index.ts";

const FRAME_VERSION = 1;

const KIND_MESSAGE = 1;
const KIND_REPLACED = 2;
const CRC_AT = 2;
const BODY_AT = 6;
const LENGTHS_AT = BODY_AT + 8;
const TEXT_AT = LENGTHS_AT + 12;
const EPOCH_BYTES = 8;
const SOURCE = "core.frame";

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
}

/** Another life of `identity` has taken over; `epoch` is the one that has ended. */
export interface ReplacedFrame {
  readonly kind: "replaced";
  readonly identity: string;
  readonly epoch: number;
}

export type Frame = MessageFrame | ReplacedFrame;

/** Bytes a frame of this content takes before its first recipient. */
export function frameBytes(content: Content): number {
  return TEXT_AT + Buffer.byteLength(content.id) + Buffer.byteLength(content.contentType) + content.payload.byteLength;
}

/** Bytes one more recipient takes. */
export function recipientBytes(identity: string): number {
  return EPOCH_BYTES + 1 + Buffer.byteLength(identity);
}

/** One frame for at least one recipient; the payload is copied. */
export function encodeMessage(content: Content, { identities, epochs }: Recipients): Uint8Array {
  const id = Buffer.from(content.id);
  const contentType = Buffer.from(content.contentType);
  const names = identities.join("\n");
  const nameBytes = Buffer.byteLength(names);
  const epochsAt = TEXT_AT + id.length + contentType.length;
  const namesAt = epochsAt + EPOCH_BYTES * identities.length;
  const frame = newFrame(KIND_MESSAGE, namesAt + nameBytes + content.payload.byteLength);
  const view = viewOf(frame);
  view.setFloat64(BODY_AT, content.sentAt);
  view.setUint32(LENGTHS_AT, identities.length);
  view.setUint32(LENGTHS_AT + 4, nameBytes);
  view.setUint16(LENGTHS_AT + 8, id.length);
  view.setUint16(LENGTHS_AT + 10, contentType.length);
  frame.set(id, TEXT_AT);
  frame.set(contentType, TEXT_AT + id.length);
  for (let i = 0; i < identities.length; i++) view.setFloat64(epochsAt + EPOCH_BYTES * i, epochs[i] ?? 0);
  frame.write(names, namesAt);
  frame.set(content.payload, namesAt + nameBytes);
  return sealed(frame);
}

export function encodeReplaced(identity: string, epoch: number): Uint8Array {
  const name = Buffer.from(identity);
  const frame = newFrame(KIND_REPLACED, BODY_AT + EPOCH_BYTES + name.length);
  viewOf(frame).setFloat64(BODY_AT, epoch);
  frame.set(name, BODY_AT + EPOCH_BYTES);
  return sealed(frame);
}

/**
 * Reads a frame; its payload is a view of `bytes`.
 *
 * @throws UNSUPPORTED: a version or kind this release doesn't know; INTERNAL: cut or altered on the way.
 */
export function decodeFrame(bytes: Uint8Array): Frame {
  const [version, kind] = bytes;
  if (version === undefined) throw damaged("it is empty");
  if (version !== FRAME_VERSION)
    throw unsupported(`frame version ${version}`, `this release reads version ${FRAME_VERSION}`);
  if (bytes.length < BODY_AT || viewOf(bytes).getUint32(CRC_AT) !== checksum(bytes))
    throw damaged("its checksum is wrong");
  if (kind === KIND_MESSAGE) return decodeMessage(bytes);
  if (kind === KIND_REPLACED) return decodeReplaced(bytes);
  throw unsupported(`frame kind ${kind}`, "a newer release has sent it");
}

function decodeMessage(bytes: Uint8Array): MessageFrame {
  if (bytes.length < TEXT_AT) throw damaged("it ends within its header");
  const view = viewOf(bytes);
  const count = view.getUint32(LENGTHS_AT);
  const typeAt = TEXT_AT + view.getUint16(LENGTHS_AT + 8);
  const epochsAt = typeAt + view.getUint16(LENGTHS_AT + 10);
  const namesAt = epochsAt + EPOCH_BYTES * count;
  const payloadAt = namesAt + view.getUint32(LENGTHS_AT + 4);
  if (payloadAt > bytes.length) throw damaged("it ends within its recipients");
  const identities = textOf(bytes, namesAt, payloadAt).split("\n");
  if (identities.length !== count) throw damaged("its recipients are not as many as it says");
  const epochs = new Float64Array(count);
  for (let i = 0; i < count; i++) epochs[i] = view.getFloat64(epochsAt + EPOCH_BYTES * i);
  return {
    kind: "message",
    id: textOf(bytes, TEXT_AT, typeAt),
    contentType: textOf(bytes, typeAt, epochsAt),
    sentAt: view.getFloat64(BODY_AT),
    identities,
    epochs,
    payload: bytes.subarray(payloadAt),
  };
}

function decodeReplaced(bytes: Uint8Array): ReplacedFrame {
  const nameAt = BODY_AT + EPOCH_BYTES;
  if (bytes.length <= nameAt) throw damaged("it ends before its identity");
  return { kind: "replaced", identity: textOf(bytes, nameAt, bytes.length), epoch: viewOf(bytes).getFloat64(BODY_AT) };
}

function newFrame(kind: number, length: number): Buffer {
  const frame = Buffer.allocUnsafe(length);
  frame[0] = FRAME_VERSION;
  frame[1] = kind;
  return frame;
}

function sealed(frame: Uint8Array): Uint8Array {
  viewOf(frame).setUint32(CRC_AT, checksum(frame));
  return frame;
}

/** Over the kind too, so that a message never passes for something else. */
function checksum(frame: Uint8Array): number {
  return crc32(frame.subarray(BODY_AT), crc32(frame.subarray(0, CRC_AT)));
}

function viewOf(bytes: Uint8Array): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}

function textOf(bytes: Uint8Array, from: number, to: number): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset + from, to - from).toString("utf8");
}

function damaged(message: string): MusterError<"INTERNAL"> {
  return new MusterError({ code: "INTERNAL", source: SOURCE, message: `a frame was damaged on the way: ${message}` });
}

function unsupported(feature: string, message: string): MusterError<"UNSUPPORTED"> {
  return new MusterError({
    code: "UNSUPPORTED",
    source: SOURCE,
    message: `${feature} is unknown: ${message}`,
    detail: { feature },
  });
}
