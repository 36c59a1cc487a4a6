/**
 * How values travel. Arrays go out in PostgreSQL's binary form, which needs no escaping; rows come back as text, read here
 * and not by the driver, whose parsers belong to everybody in the process.
 *
 * Source: the binary form is that of `array_recv` in PostgreSQL's `arrayfuncs.c`: dimensions, whether there are nulls, the
 * element's type, then length and lower bound, and each element behind its length, −1 for null.
 */

import type { Registration, Route } from "@muster/core/slots";
import type { Metadata } from "@muster/filter";

/** A row as the driver hands it over. */
export type Row = readonly (string | null)[];
/** The same, each of its values as {@link readerOf} has read it. */
export type ReadRow = readonly unknown[];

/** Types by their object ids, which are the same everywhere. */
const BOOLEAN = 16;
const BYTEA = 17;
const BIGINT = 20;
const TEXT = 25;
const JSONB = 3_802;

const HEAD_BYTES = 20;
/** Code units of a text that is written byte by byte. */
const SHORT = 64;
const JSONB_VERSION = 1;

export function textArray(texts: readonly (string | undefined)[]): Buffer {
  return stringArray(texts, TEXT, 0);
}

/** Of JSON texts. */
export function jsonbArray(texts: readonly string[]): Buffer {
  return stringArray(texts, JSONB, 1);
}

export function bigintArray(numbers: readonly (number | undefined)[]): Buffer {
  const buffer = headed(BIGINT, numbers.length, numbers.length * 12);
  let at = HEAD_BYTES;
  for (const number of numbers) {
    if (number === undefined) {
      at = writeInt32(buffer, -1, at);
    } else {
      const high = Math.floor(number / 0x1_0000_0000);
      at = writeInt32(buffer, 8, at);
      at = writeInt32(buffer, high, at);
      at = writeInt32(buffer, number - high * 0x1_0000_0000, at);
    }
  }
  return buffer.subarray(0, Math.min(at, buffer.length));
}

export function booleanArray(values: readonly boolean[]): Buffer {
  const buffer = headed(BOOLEAN, values.length, values.length * 5);
  let at = HEAD_BYTES;
  for (const value of values) {
    at = buffer.writeInt32BE(1, at);
    at = buffer.writeUInt8(value ? 1 : 0, at);
  }
  return buffer;
}

export function byteaArray(elements: readonly Uint8Array[]): Buffer {
  let bytes = 0;
  for (const { length } of elements) bytes += 4 + length;
  const buffer = headed(BYTEA, elements.length, bytes);
  let at = HEAD_BYTES;
  for (const element of elements) {
    at = buffer.writeInt32BE(element.length, at);
    buffer.set(element, at);
    at += element.length;
  }
  return buffer;
}

function stringArray(texts: readonly (string | undefined)[], type: number, prefixBytes: 0 | 1): Buffer {
  let most = 0;
  for (const text of texts) most += 4 + (text === undefined ? 0 : prefixBytes + mostBytes(text));
  const buffer = headed(type, texts.length, most);
  let at = HEAD_BYTES;
  for (const text of texts) {
    if (text === undefined) {
      at = writeInt32(buffer, -1, at);
      continue;
    }
    const start = at + 4 + prefixBytes;
    if (prefixBytes === 1) buffer[at + 4] = JSONB_VERSION;
    const end = writeText(buffer, text, start);
    writeInt32(buffer, end - at - 4, at);
    at = end;
  }
  return buffer.subarray(0, Math.min(at, buffer.length));
}

/** Of a short text more than it may need: counting them takes as long as writing them. */
function mostBytes(text: string): number {
  return text.length <= SHORT ? text.length * 3 : Buffer.byteLength(text);
}

/** Where it ends. Byte by byte, short texts in ASCII are there before the driver of a buffer has been called. */
function writeText(buffer: Buffer, text: string, start: number): number {
  if (text.length > SHORT) return start + buffer.write(text, start);
  for (let index = 0; index < text.length; index += 1) {
    const unit = text.charCodeAt(index);
    if (unit >= 0x80) return start + buffer.write(text, start);
    buffer[start + index] = unit;
  }
  return start + text.length;
}

/** Where it ends. The low 32 bits, with a sign or without. */
function writeInt32(buffer: Buffer, value: number, at: number): number {
  buffer[at] = value >>> 24;
  buffer[at + 1] = value >>> 16;
  buffer[at + 2] = value >>> 8;
  buffer[at + 3] = value;
  return at + 4;
}

/** An array of one dimension with its head, and room for the rest; an empty one has no dimension. */
function headed(type: number, length: number, bytes: number): Buffer {
  const buffer = Buffer.allocUnsafe(HEAD_BYTES + bytes);
  buffer.writeInt32BE(length === 0 ? 0 : 1, 0);
  buffer.writeInt32BE(1, 4);
  buffer.writeInt32BE(type, 8);
  if (length === 0) return buffer.subarray(0, 12);
  buffer.writeInt32BE(length, 12);
  buffer.writeInt32BE(1, 16);
  return buffer;
}

/** What {@link routeIn} reads, of a row `r` of registrations. */
export const ROUTE_COLUMNS =
  "r.identity, r.epoch, r.session, r.address, r.registered_at, r.expires_at, r.ttl_ms, r.revision";

/** What {@link registrationIn} reads, of a row `r` of registrations and its row `m` of metadata. */
export const REGISTRATION_COLUMNS: string = `${ROUTE_COLUMNS}, r.attempt, m.metadata`;

type RouteRow = readonly [
  identity: string,
  epoch: number,
  session: string | null,
  address: string | null,
  registeredAt: number,
  expiresAt: number | null,
  ttlMs: number | null,
  revision: number,
];
type RegistrationRow = readonly [...RouteRow, attempt: string, metadata: Metadata];

/** Reads a value of that type: whole numbers, and JSON; what else there is stays text. */
export function readerOf(type: number): (text: string) => unknown {
  if (type === BIGINT) return Number;
  return type === JSONB ? parsed : same;
}

const parsed = (json: string): unknown => JSON.parse(json);
const same = (text: string): string => text;

export function routeIn(row: ReadRow): Route {
  const [identity, epoch, session, address, registeredAt, expiresAt, ttlMs, revision] = row as RouteRow; // ROUTE_COLUMNS.
  return {
    identity,
    epoch,
    session: session ?? undefined,
    address: address ?? undefined,
    registeredAt,
    expiresAt: expiresAt ?? undefined,
    ttlMs: ttlMs ?? undefined,
    revision,
  };
}

export function registrationIn(row: ReadRow): Registration {
  const [identity, epoch, session, address, registeredAt, expiresAt, ttlMs, revision, attempt, metadata] =
    row as RegistrationRow; // REGISTRATION_COLUMNS.
  return {
    identity,
    epoch,
    session: session ?? undefined,
    address: address ?? undefined,
    registeredAt,
    expiresAt: expiresAt ?? undefined,
    ttlMs: ttlMs ?? undefined,
    metadata,
    revision,
    attempt,
  };
}

export function optionalNumber(text: string | null | undefined): number | undefined {
  return text === null || text === undefined ? undefined : Number(text);
}

/** Of a `bytea` as text: `\x` and hexadecimal digits. */
export function bytesIn(text: string | null | undefined): Uint8Array {
  return new Uint8Array(Buffer.from((text ?? "").slice(2), "hex"));
}
