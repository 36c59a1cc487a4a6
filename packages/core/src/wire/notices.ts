/** Words between nodes, without a payload. Layout: `frame.ts`. */

import { BODY_AT, damaged, newFrame, sealed, textOf, viewOf } from "./envelope.ts";

export const KIND_REPLACED = 2;
export const KIND_BELL = 3;

const EPOCH_BYTES = 8;

/** Another life of `identity` has taken over; `epoch` is the one that has ended. */
export interface ReplacedFrame {
  readonly kind: "replaced";
  readonly identity: string;
  readonly epoch: number;
}

/** Something durable was enqueued for whom this process serves: look now rather than at the next poll. */
export interface BellFrame {
  readonly kind: "bell";
}

export function encodeReplaced(identity: string, epoch: number): Uint8Array {
  const name = Buffer.from(identity);
  const frame = newFrame(KIND_REPLACED, BODY_AT + EPOCH_BYTES + name.length);
  viewOf(frame).setFloat64(BODY_AT, epoch);
  frame.set(name, BODY_AT + EPOCH_BYTES);
  return sealed(frame);
}

export function encodeBell(): Uint8Array {
  return sealed(newFrame(KIND_BELL, BODY_AT));
}

export function decodeReplaced(bytes: Uint8Array): ReplacedFrame {
  const nameAt = BODY_AT + EPOCH_BYTES;
  if (bytes.length <= nameAt) throw damaged("it ends before its identity");
  return { kind: "replaced", identity: textOf(bytes, nameAt, bytes.length), epoch: viewOf(bytes).getFloat64(BODY_AT) };
}
