/** What all frames have in common: version, kind, and a checksum over everything. */

import { crc32 } from "node:zlib";
import { MusterError } from "../slots/index.ts";

const FRAME_VERSION = 1;
const CRC_AT = 2;
/** Where a frame's body begins. */
export const BODY_AT = 6;
const SOURCE = "core.frame";

/** To be filled from {@link BODY_AT} on, then {@link sealed}. */
export function newFrame(kind: number, length: number): Buffer {
  const frame = Buffer.allocUnsafe(length);
  frame[0] = FRAME_VERSION;
  frame[1] = kind;
  return frame;
}

export function sealed(frame: Uint8Array): Uint8Array {
  viewOf(frame).setUint32(CRC_AT, checksum(frame));
  return frame;
}

/** Its kind. @throws UNSUPPORTED: a version this release doesn't know; INTERNAL: cut or altered on the way. */
export function openedKind(bytes: Uint8Array): number | undefined {
  const [version, kind] = bytes;
  if (version === undefined) throw damaged("it is empty");
  if (version !== FRAME_VERSION)
    throw unsupported(`frame version ${version}`, `this release reads version ${FRAME_VERSION}`);
  if (bytes.length < BODY_AT || viewOf(bytes).getUint32(CRC_AT) !== checksum(bytes))
    throw damaged("its checksum is wrong");
  return kind;
}

/** Over the kind too, so that a message never passes for something else. */
function checksum(frame: Uint8Array): number {
  return crc32(frame.subarray(BODY_AT), crc32(frame.subarray(0, CRC_AT)));
}

export function viewOf(bytes: Uint8Array): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}

export function textOf(bytes: Uint8Array, from: number, to: number): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset + from, to - from).toString("utf8");
}

export function damaged(message: string): MusterError<"INTERNAL"> {
  return new MusterError({ code: "INTERNAL", source: SOURCE, message: `a frame was damaged on the way: ${message}` });
}

export function unsupported(feature: string, message: string): MusterError<"UNSUPPORTED"> {
  return new MusterError({
    code: "UNSUPPORTED",
    source: SOURCE,
    message: `${feature} is unknown: ${message}`,
    detail: { feature },
  });
}
