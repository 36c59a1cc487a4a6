/**
 * Headers and body as one message of Pub/Sub, which has no headers of its own.
 *
 * Version 1: the byte 1, the length of the headers in bytes (32 bits, most significant first), the headers as a JSON
 * object of strings (nothing where there are none), the body.
 */

import type { Headers } from "@muster/core/slots";

const VERSION = 1;
const HEADERS_AT = 5;
const NONE: Headers = Object.freeze({});

export function encodeEnvelope(headers: Headers, body: Uint8Array): Buffer {
  return hasAny(headers) ? encodeWith(JSON.stringify(headers), body) : encodeBare(body);
}

function encodeWith(text: string, body: Uint8Array): Buffer {
  const length = Buffer.byteLength(text);
  const envelope = Buffer.allocUnsafe(HEADERS_AT + length + body.length);
  envelope[0] = VERSION;
  envelope.writeUInt32BE(length, 1);
  envelope.write(text, HEADERS_AT);
  envelope.set(body, HEADERS_AT + length);
  return envelope;
}

/** By far the most. */
function encodeBare(body: Uint8Array): Buffer {
  const envelope = Buffer.allocUnsafe(HEADERS_AT + body.length);
  envelope[0] = VERSION;
  envelope[1] = envelope[2] = envelope[3] = envelope[4] = 0;
  envelope.set(body, HEADERS_AT);
  return envelope;
}

export interface Envelope {
  readonly headers: Headers;
  /** A part of what was decoded. */
  readonly body: Uint8Array;
}

/** `undefined`: of another version, or nothing that {@link encodeEnvelope} ever made. */
export function decodeEnvelope(envelope: Buffer): Envelope | undefined {
  if (envelope.length < HEADERS_AT || envelope[0] !== VERSION) return undefined;
  const bodyAt = HEADERS_AT + envelope.readUInt32BE(1);
  if (bodyAt > envelope.length) return undefined;
  const headers = bodyAt === HEADERS_AT ? NONE : parseHeaders(envelope.toString("utf8", HEADERS_AT, bodyAt));
  return headers && { headers, body: envelope.subarray(bodyAt) };
}

function parseHeaders(text: string): Headers | undefined {
  try {
    const headers: unknown = JSON.parse(text);
    return isHeaders(headers) ? headers : undefined;
  } catch {
    return undefined; // Whoever published it was none of us.
  }
}

function isHeaders(value: unknown): value is Headers {
  if (typeof value !== "object" || value === null || Array.isArray(value)) return false;
  return Object.values(value).every((one) => typeof one === "string");
}

function hasAny(headers: Headers): boolean {
  for (const name in headers) if (Object.hasOwn(headers, name)) return true;
  return false;
}
