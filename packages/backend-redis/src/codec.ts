/**
 * How a registration is written down: as a record, which is the attempt that wrote it, a NUL, and its metadata as JSON
 * text; and as a stamp, which is everything beside the metadata. What has been read apart belongs together if both name
 * the same attempt.
 *
 * A stamp is eleven fields with a NUL between two, so that a script takes it apart with one match (`scripts/stamps.ts` reads
 * and writes it). Only scripts write one, for only they know the first fields:
 *
 * ```
 * version · state · expiry · epoch · revision · registeredAt · ttlMs · session · address · attempt · bytes of the record
 *    │        │        └ epoch ms; "never"; or "bound": its session keeps it alive
 *    │        └ "s": it stands, live or expired; "t" and epoch ms: a tombstone since then
 *    └ of the format
 * ```
 *
 * What is absent is the empty text. Numbers are decimal digits, so that epochs keep every bit in Lua and here.
 */

import { MusterError, type Registration, type Route } from "@muster/core/slots";
import type { Metadata } from "@muster/filter";
import type { Server, Servers } from "./store/servers.ts";

const VERSION = "1";
/** Of a stamp. */
const FIELDS = 11;
/** Bytes. A text where a number may stand begins with a letter. */
const [NUL, ZERO, NINE, STANDING] = [0x00, 0x30, 0x39, 0x73];
const NOTHING = new Uint8Array();

/** A stamp, taken apart. */
export interface Stamp {
  /** Live or expired, and no tombstone. */
  readonly isStanding: boolean;
  readonly epoch: number;
  readonly revision: number;
  readonly registeredAt: number;
  readonly expiresAt: number | undefined;
  readonly ttlMs: number | undefined;
  readonly session: string | undefined;
  readonly address: string | undefined;
  readonly attempt: string;
  /** Length of the record. */
  readonly bytes: number;
}

type StampEnd = Pick<Stamp, "ttlMs" | "session" | "address" | "attempt">;

/** Takes one stamp apart. @throws as {@link StampReader} */
export function decodeStamp(text: string): Stamp {
  return new StampReader().read(Buffer.from(text));
}

/**
 * Takes stamps apart, one after the other. Session and address are the texts that `servers` knows, where it knows them.
 *
 * @throws UNSUPPORTED: one has been written by a version of this package that is not known here.
 */
export class StampReader {
  #bytes: Uint8Array = NOTHING;
  #at = 0;
  readonly #servers: Servers | undefined;

  constructor(servers?: Servers) {
    this.#servers = servers;
  }

  read(stamp: Buffer): Stamp {
    const isStanding = this.#begin(stamp);
    const expiresAt = this.#optionalNumber();
    const epoch = this.#number();
    const revision = this.#number();
    const registeredAt = this.#number();
    const ttlMs = this.#optionalNumber();
    const { session, address } = this.#server(stamp);
    const attempt = this.#text(stamp) ?? "";
    const bytes = this.#number();
    return { isStanding, epoch, revision, registeredAt, expiresAt, ttlMs, session, address, attempt, bytes };
  }

  /** What a stamp says of a route; `undefined` for a tombstone. It is two thirds of the work of {@link read}. */
  readRoute(identity: string, stamp: Buffer): Route | undefined {
    if (!this.#begin(stamp)) return undefined;
    const expiresAt = this.#optionalNumber();
    const epoch = this.#number();
    const revision = this.#number();
    const registeredAt = this.#number();
    const ttlMs = this.#optionalNumber();
    const { session, address } = this.#server(stamp);
    return { identity, epoch, session, address, registeredAt, expiresAt, ttlMs, revision };
  }

  /** Goes to the expiry. Whether it is no tombstone. */
  #begin(stamp: Buffer): boolean {
    checkVersion(stamp);
    this.#bytes = stamp;
    this.#at = 2;
    this.#skip();
    return stamp[2] === STANDING && stamp[3] === NUL;
  }

  /** Who serves it, and where. */
  #server(stamp: Buffer): Server {
    const from = this.#at;
    const known = this.#servers?.find(stamp, from);
    if (known !== undefined) {
      this.#at = from + known.bytes.length;
      return known.server;
    }
    const server: Server = { session: this.#text(stamp), address: this.#text(stamp) };
    this.#servers?.add(stamp, from, this.#at, server);
    return server;
  }

  #text(stamp: Buffer): string | undefined {
    const from = this.#at;
    this.#skip();
    const to = this.#at - 1;
    return from === to ? undefined : stamp.toString("utf8", from, to);
  }

  #optionalNumber(): number | undefined {
    const first = this.#bytes[this.#at] ?? NUL;
    if (first >= ZERO && first <= NINE) return this.#number();
    this.#skip();
    return undefined;
  }

  /** Of decimal digits. */
  #number(): number {
    const bytes = this.#bytes;
    let at = this.#at;
    let number = 0;
    for (; at < bytes.length; at += 1) {
      const byte = bytes[at] ?? NUL;
      if (byte === NUL) break;
      number = number * 10 + (byte - ZERO);
    }
    this.#at = at + 1;
    return number;
  }

  /** Behind the next NUL. */
  #skip(): void {
    const bytes = this.#bytes;
    let at = this.#at;
    while (at < bytes.length && bytes[at] !== NUL) at += 1;
    this.#at = at + 1;
  }
}

/** From the NUL before ttlMs: what is known of a stamp before a script writes it. */
export function stampEnd({ ttlMs, session, address, attempt }: StampEnd, record: string): string {
  return `\0${ttlMs ?? ""}\0${session ?? ""}\0${address ?? ""}\0${attempt}\0${Buffer.byteLength(record)}`;
}

/** Stamps that stand behind each other, a NUL between two; an empty one is nobody's. @throws as {@link StampReader} */
export function splitStamps(stamps: Buffer): readonly (Buffer | undefined)[] {
  const all: (Buffer | undefined)[] = [];
  for (let start = 0; start <= stamps.length; ) {
    if (start === stamps.length || stamps[start] === NUL) {
      all.push(undefined);
      start += 1;
      continue;
    }
    checkVersion(stamps.subarray(start));
    let end = start;
    for (let fields = FIELDS; end < stamps.length; end += 1) {
      if (stamps[end] === NUL) fields -= 1;
      if (fields === 0) break;
    }
    all.push(stamps.subarray(start, end));
    start = end + 1;
  }
  return all;
}

/** How long the record of a stamp is, which stands at its end. @throws as {@link StampReader} */
export function recordBytes(stamp: Buffer): number {
  checkVersion(stamp);
  let [number, place] = [0, 1];
  for (let at = stamp.length - 1; at > 0 && stamp[at] !== NUL; at -= 1) {
    number += ((stamp[at] ?? ZERO) - ZERO) * place;
    place *= 10;
  }
  return number;
}

/** Whether reads show it at `now`, epoch ms of the server's clock. */
export function isLive(stamp: Stamp, now: number): boolean {
  return stamp.isStanding && !hasExpired(stamp, now);
}

export function hasExpired({ expiresAt }: Pick<Route, "expiresAt">, now: number): boolean {
  return expiresAt !== undefined && expiresAt <= now;
}

export function routeOf(identity: string, facts: Omit<Route, "identity">): Route {
  const { epoch, session, address, registeredAt, expiresAt, ttlMs, revision } = facts;
  return { identity, epoch, session, address, registeredAt, expiresAt, ttlMs, revision };
}

export function registrationOf(identity: string, stamp: Stamp, metadata: Metadata): Registration {
  const { epoch, session, address, registeredAt, expiresAt, ttlMs, revision, attempt } = stamp;
  return { identity, epoch, session, address, registeredAt, expiresAt, ttlMs, metadata, revision, attempt };
}

/** Of a record that {@link encodeRecord} made: nothing else is ever stored. */
export function decodeMetadata(record: string): Metadata {
  return parseMetadata(metadataText(record));
}

/** Of a record, the metadata as `JSON.stringify` wrote it. */
export function metadataText(record: string): string {
  return record.slice(record.indexOf("\0") + 1);
}

export function parseMetadata(text: string): Metadata {
  return JSON.parse(text) as Metadata; // Metadata was stringified.
}

/** Whether it is the record of that stamp, and not of one before or after. */
export function isRecordOf({ attempt }: Stamp, record: string): boolean {
  return record.startsWith(attempt) && record.charCodeAt(attempt.length) === 0;
}

/** `attempt` holds no NUL. */
export function encodeRecord(attempt: string, metadata: Metadata): string {
  return `${attempt}\0${JSON.stringify(metadata)}`;
}

function checkVersion(stamp: Buffer): void {
  if (stamp[0] === VERSION.charCodeAt(0) && stamp[1] === NUL) return;
  const feature = `stored records of version ${JSON.stringify(stamp.toString("utf8", 0, stamp.indexOf(NUL)))}`;
  throw new MusterError({
    code: "UNSUPPORTED",
    source: "redis.decode",
    message: `a record has been written by a newer release: this one reads version ${VERSION}`,
    detail: { feature },
  });
}
