/**
 * Messages as they lie in a row, one behind the other. Version 1, numbers big-endian:
 *
 * ```
 * 0 bytes of all that follows u32 │ 4 version u8 │ 5 bytes of the address u16 │ 7 bytes of the headers u32
 * 11 address │ headers, as JSON; nothing when there are none │ body
 * ```
 */

import { Arrived, type Delivery, type Headers, MusterError, type Outgoing } from "@muster/core/slots";
import { NAME } from "../errors.ts";

const VERSION = 1;
const VERSION_AT = 4;
const LENGTHS_AT = 5;
const TEXT_AT = 11;

export function frameOf({ address, headers, body }: Outgoing): Buffer {
  const addressBytes = Buffer.byteLength(address);
  const json = isEmpty(headers) ? "" : JSON.stringify(headers);
  const headerBytes = Buffer.byteLength(json);
  const bodyAt = TEXT_AT + addressBytes + headerBytes;
  const frame = Buffer.allocUnsafe(bodyAt + body.length);
  frame.writeUInt32BE(frame.length - VERSION_AT, 0);
  frame.writeUInt8(VERSION, VERSION_AT);
  frame.writeUInt16BE(addressBytes, LENGTHS_AT);
  frame.writeUInt32BE(headerBytes, LENGTHS_AT + 2);
  frame.write(address, TEXT_AT);
  frame.write(json, TEXT_AT + addressBytes);
  frame.set(body, bodyAt);
  return frame;
}

/**
 * All messages of a row; bodies are parts of `row`.
 *
 * @throws UNSUPPORTED: a version that this release doesn't know.
 */
export function deliveriesIn(row: Buffer): readonly Delivery[] {
  const deliveries: Delivery[] = [];
  for (let at = 0; at < row.length; ) {
    const end = at + VERSION_AT + row.readUInt32BE(at);
    const version = row.readUInt8(at + VERSION_AT);
    if (version !== VERSION) throw unknownVersion(version);
    const headersAt = at + TEXT_AT + row.readUInt16BE(at + LENGTHS_AT);
    const bodyAt = headersAt + row.readUInt32BE(at + LENGTHS_AT + 2);
    const address = row.toString("utf8", at + TEXT_AT, headersAt);
    const headers = bodyAt === headersAt ? {} : (JSON.parse(row.toString("utf8", headersAt, bodyAt)) as Headers); // As written.
    const body = new Uint8Array(row.buffer, row.byteOffset + bodyAt, end - bodyAt);
    deliveries.push(new Arrived(address, headers, body));
    at = end;
  }
  return deliveries;
}

function isEmpty(headers: Headers): boolean {
  for (const _ in headers) return false;
  return true;
}

function unknownVersion(version: number): MusterError<"UNSUPPORTED"> {
  const feature = `message version ${version}`;
  const message = `a newer release has sent it; this one reads version ${VERSION}`;
  return new MusterError({ code: "UNSUPPORTED", source: `${NAME}.inbox`, message, detail: { feature } });
}
