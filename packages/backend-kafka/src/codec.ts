/** A message as a record: the address is its key, the body its value, and each header one of the record's. */

import { Arrived, type Delivery, type Headers, type Outgoing } from "@muster/core/slots";
import { headerBytes, type NewRecord } from "./connection/batch-encoding.ts";
import type { RecordCursor } from "./connection/record-batches.ts";

/** A record of which neither is missing. */
export interface OutgoingRecord extends NewRecord {
  readonly key: Buffer;
  readonly value: Buffer;
}

/** Lengths, offset and timestamp of a record, in bytes, at most. */
const RECORD_OVERHEAD = 32;

export function recordOf({ address, headers, body }: Outgoing): OutgoingRecord {
  const value = Buffer.isBuffer(body) ? body : Buffer.from(body.buffer, body.byteOffset, body.length);
  return { key: Buffer.from(address), value, headers };
}

/** What it takes of a batch, at most. */
export function bytesOf({ key, value, headers }: OutgoingRecord): number {
  return RECORD_OVERHEAD + key.length + value.length + headerBytes(headers);
}

/** A record without a value, as foreign senders may write it, has an empty body. */
export function deliveryOf(address: string, record: RecordCursor): Delivery {
  const { value, headers } = record.read();
  return new Arrived(address, headersOf(headers), value);
}

/** Names in lower case; of a name that is there more than once, the last value; no empty ones. */
function headersOf(headers: readonly (readonly [name: string, value: string])[]): Headers {
  const all: Record<string, string> = {};
  for (const [name, value] of headers) if (value !== "") all[name.toLowerCase()] = value;
  return all;
}
