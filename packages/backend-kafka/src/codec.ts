/** A message as a record: the address is its key, the body its value, and each header one of the record's. */

import type { Delivery, Headers, Outgoing } from "@muster/core/slots";

/** As kafkajs writes it. */
export interface OutgoingRecord {
  readonly key: Buffer;
  readonly value: Buffer;
  readonly headers: Headers;
}

/** As kafkajs reads it. */
export interface IncomingRecord {
  readonly offset: string;
  readonly key: Buffer | null;
  readonly value: Buffer | null;
  readonly headers: Readonly<Record<string, HeaderValue | readonly HeaderValue[]>>;
  /** The end of somebody's transaction, and no message. */
  readonly isControlRecord: boolean;
}

type HeaderValue = Buffer | null;

/** Lengths, offsets and timestamps of a record and of each of its headers, in bytes, at most. */
const RECORD_OVERHEAD = 32;
const HEADER_OVERHEAD = 10;

export function recordOf({ address, headers, body }: Outgoing): OutgoingRecord {
  const value = Buffer.isBuffer(body) ? body : Buffer.from(body.buffer, body.byteOffset, body.length);
  return { key: Buffer.from(address), value, headers };
}

/** What it takes of a batch, at most. */
export function bytesOf({ key, value, headers }: OutgoingRecord): number {
  let bytes = RECORD_OVERHEAD + key.length + value.length;
  for (const name in headers) {
    bytes += HEADER_OVERHEAD + Buffer.byteLength(name) + Buffer.byteLength(headers[name] ?? "");
  }
  return bytes;
}

/** A record without a value, as foreign senders may write it, has an empty body. */
export function deliveryOf(address: string, { value, headers }: IncomingRecord): Delivery {
  const body = value ?? Buffer.alloc(0);
  return { address, headers: headersOf(headers), body: new Uint8Array(body.buffer, body.byteOffset, body.length) };
}

/** Names in lower case; of a name that is there more than once, the last value; no empty ones. */
function headersOf(headers: IncomingRecord["headers"]): Headers {
  const all: Record<string, string> = {};
  for (const name in headers) {
    const values = headers[name];
    const text = lastOf(values)?.toString() ?? "";
    if (text !== "") all[name.toLowerCase()] = text;
  }
  return all;
}

function lastOf(values: HeaderValue | readonly HeaderValue[] | undefined): HeaderValue | undefined {
  return Buffer.isBuffer(values) ? values : values?.at(-1);
}
