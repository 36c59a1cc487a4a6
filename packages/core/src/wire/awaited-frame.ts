/** One multicast for many recipients at one address, whose sender waits for acknowledgements. Layout: `frame.ts`. */

import { BODY_AT, damaged, textOf, viewOf } from "./envelope.ts";
import { type Content, decodeMessage, encodeBehind, type MessageFrame, type Recipients } from "./message-frame.ts";

export const KIND_AWAITED = 6;

const HEAD_BYTES = 12;
const PLACE_BYTES = 2;

/**
 * Where acknowledgements go, and what they call the recipients. A sender numbers its frames, and the recipients of each:
 * these numbers name a recipient of a multicast, however often it is sent to, and under whatever epoch.
 */
export interface Awaiting {
  /** The sender's node address. */
  readonly replyTo: string;
  readonly frame: number;
  /** 1 for the first try. */
  readonly attempt: number;
  /** `places[i]` is that of recipient i; absent: i. Below 65,536. */
  readonly places?: ArrayLike<number>;
}

export interface AwaitedFrame extends Omit<MessageFrame, "kind"> {
  readonly kind: "awaited";
  readonly awaiting: Awaiting;
}

/** Bytes a frame has more than one that nobody waits for, before its first recipient; each place takes two more. */
export function awaitingBytes(replyTo: string): number {
  return HEAD_BYTES + Buffer.byteLength(replyTo);
}

export function encodeAwaited(content: Content, recipients: Recipients, awaiting: Awaiting): Uint8Array {
  const { frame, attempt, places = [] } = awaiting;
  const replyTo = Buffer.from(awaiting.replyTo);
  const head = new Uint8Array(HEAD_BYTES + replyTo.length + PLACE_BYTES * places.length);
  const view = viewOf(head);
  view.setUint32(0, frame);
  view.setUint16(4, Math.min(attempt, 0xffff));
  view.setUint16(6, replyTo.length);
  view.setUint32(8, places.length);
  head.set(replyTo, HEAD_BYTES);
  const placesAt = HEAD_BYTES + replyTo.length;
  for (let i = 0; i < places.length; i++) view.setUint16(placesAt + PLACE_BYTES * i, places[i] ?? 0);
  return encodeBehind(KIND_AWAITED, head, content, recipients);
}

export function decodeAwaited(bytes: Uint8Array): AwaitedFrame {
  const replyAt = BODY_AT + HEAD_BYTES;
  if (bytes.length < replyAt) throw damaged("it ends within its header");
  const view = viewOf(bytes);
  const count = view.getUint32(BODY_AT + 8);
  const placesAt = replyAt + view.getUint16(BODY_AT + 6);
  const messageAt = placesAt + PLACE_BYTES * count;
  if (messageAt > bytes.length) throw damaged("it ends within its places");
  const message = decodeMessage(bytes, messageAt);
  if (count > 0 && count !== message.identities.length) throw damaged("its places are not as many as its recipients");
  return {
    ...message,
    kind: "awaited",
    awaiting: {
      replyTo: textOf(bytes, replyAt, placesAt),
      frame: view.getUint32(BODY_AT),
      attempt: view.getUint16(BODY_AT + 4),
      ...(count > 0 && { places: placesOf(view, placesAt, count) }),
    },
  };
}

function placesOf(view: DataView, at: number, count: number): Uint16Array {
  const places = new Uint16Array(count);
  for (let i = 0; i < count; i++) places[i] = view.getUint16(at + PLACE_BYTES * i);
  return places;
}
