/**
 * Batches as they are sent: format 2, https://kafka.apache.org/documentation/#recordbatch, without a producer's number. The
 * driver makes several objects and buffers for every record and every header.
 */

import { codecOf } from "./codecs.ts";
import { crc32c } from "./crc32c.ts";

/** A record as it is to be written. `null` is not the same as empty. */
export interface NewRecord {
  readonly key: Buffer | null;
  readonly value: Buffer | null;
  readonly headers: RecordHeaders;
}

/** By name, as text. */
export type RecordHeaders = Readonly<Record<string, string>>;

export const NO_HEADERS: RecordHeaders = Object.freeze({});

const MAGIC = 2;
const HEAD_BYTES = 61;
/** Where what the length counts begins, and what the checksum covers. */
const COUNTED_AT = 12;
const CHECKED_AT = 21;
const NOTHING = -1;
/** Attributes, and the difference of times, which is none. */
const FIXED_BYTES = 2;
/** Text that is no longer is written faster one by one than by a call that leaves JavaScript. */
const SHORT = 48;
const ASCII_END = 0x80;

/** @param compression by its number in the protocol. @throws MissingCodec */
export async function encodeBatch(
  records: readonly NewRecord[],
  compression: number,
  timestamp: number,
): Promise<readonly Buffer[]> {
  const plain = encodeRecords(records);
  const codec = codecOf(compression);
  const body = codec === undefined ? plain : await codec.compress({ buffer: plain });
  const head = Buffer.alloc(HEAD_BYTES);
  head.writeInt32BE(HEAD_BYTES - COUNTED_AT + body.length, 8);
  head.writeInt32BE(NOTHING, 12); // The leader's epoch, which it puts in itself.
  head.writeInt8(MAGIC, 16);
  head.writeInt16BE(compression, CHECKED_AT);
  head.writeInt32BE(records.length - 1, 23);
  head.writeBigInt64BE(BigInt(timestamp), 27);
  head.writeBigInt64BE(BigInt(timestamp), 35);
  head.writeBigInt64BE(BigInt(NOTHING), 43);
  head.writeInt16BE(NOTHING, 51);
  head.writeInt32BE(NOTHING, 53);
  head.writeInt32BE(records.length, 57);
  head.writeUInt32BE(crc32c(body, crc32c(head.subarray(CHECKED_AT))), 17);
  return [head, body];
}

/** What the headers of a record take, in bytes. */
export function headerBytes(headers: RecordHeaders): number {
  let bytes = 0;
  let count = 0;
  for (const name in headers) {
    bytes += partBytes(Buffer.byteLength(name)) + partBytes(Buffer.byteLength(headers[name] ?? ""));
    count += 1;
  }
  return bytes + varintBytes(count);
}

function encodeRecords(records: readonly NewRecord[]): Buffer {
  const sizes = records.map(bodyBytes);
  const total = sizes.reduce((sum, size) => sum + partBytes(size), 0);
  const bytes = Buffer.allocUnsafe(total);
  let at = 0;
  for (const [index, record] of records.entries()) {
    at = putVarint(bytes, at, sizes[index] ?? 0);
    at = bytes.writeUInt16BE(0, at);
    at = putVarint(bytes, at, index);
    at = putBytes(bytes, at, record.key);
    at = putBytes(bytes, at, record.value);
    at = putHeaders(bytes, at, record.headers);
  }
  return bytes;
}

function bodyBytes({ key, value, headers }: NewRecord, index: number): number {
  const parts = partBytes(key?.length ?? NOTHING) + partBytes(value?.length ?? NOTHING);
  return FIXED_BYTES + varintBytes(index) + parts + headerBytes(headers);
}

/** Of something so long, its length included. */
function partBytes(length: number): number {
  return varintBytes(length) + Math.max(0, length);
}

function varintBytes(value: number): number {
  return Math.max(1, Math.ceil((32 - Math.clz32(zigzag(value))) / 7));
}

function zigzag(value: number): number {
  return (value << 1) ^ (value >> 31);
}

function putVarint(bytes: Buffer, start: number, value: number): number {
  let at = start;
  let left = zigzag(value) >>> 0;
  for (; left >= 0x80; left >>>= 7) {
    bytes[at] = (left & 0x7f) | 0x80;
    at += 1;
  }
  bytes[at] = left;
  return at + 1;
}

function putBytes(bytes: Buffer, start: number, part: Buffer | null): number {
  const at = putVarint(bytes, start, part?.length ?? NOTHING);
  if (part === null) return at;
  bytes.set(part, at);
  return at + part.length;
}

function putHeaders(bytes: Buffer, start: number, headers: RecordHeaders): number {
  let count = 0;
  for (const _ in headers) count += 1;
  let at = putVarint(bytes, start, count);
  for (const name in headers) {
    at = putText(bytes, at, name);
    at = putText(bytes, at, headers[name] ?? "");
  }
  return at;
}

function putText(bytes: Buffer, start: number, text: string): number {
  return putShortAscii(bytes, start, text) ?? putBytes(bytes, start, Buffer.from(text));
}

/** `undefined`: it is something else. */
function putShortAscii(bytes: Buffer, start: number, text: string): number | undefined {
  if (text.length > SHORT) return undefined;
  const at = putVarint(bytes, start, text.length);
  for (let index = 0; index < text.length; index += 1) {
    const code = text.charCodeAt(index);
    if (code >= ASCII_END) return undefined;
    bytes[at + index] = code;
  }
  return at + text.length;
}
