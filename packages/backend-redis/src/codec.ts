/**
 * How a registration is written down: as a record, which is the attempt that wrote it, a NUL, and its metadata as JSON
 * text; and as a stamp, which is everything beside the metadata. What has been read apart belongs together if both name
 * the same attempt.
 *
 * A stamp is eleven fields with a NUL between two, so that a script takes it apart with one match (`scripts/stamps.ts` reads
 * and writes it). Only scripts write one:
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

const VERSION = "1";
/** Code units: of a registration's state, and of digits; a text where a number may stand begins with a letter. */
const [STANDING, ZERO, NINE] = [0x73, 0x30, 0x39];

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

/**
 * `before`, of a stamp that was read before, lends its session and address where they are the same: they repeat, and a
 * text that is shared costs neither time nor memory.
 *
 * @throws UNSUPPORTED: it has been written by a version of this package that is not known here.
 */
export function decodeStamp(text: string, before?: Stamp): Stamp {
  const state = text.indexOf("\0") + 1;
  if (state !== VERSION.length + 1 || !text.startsWith(VERSION)) throw unknownVersion(text.slice(0, state - 1));
  const expiry = text.indexOf("\0", state) + 1;
  const epoch = text.indexOf("\0", expiry) + 1;
  const revision = text.indexOf("\0", epoch) + 1;
  const registered = text.indexOf("\0", revision) + 1;
  const ttl = text.indexOf("\0", registered) + 1;
  const session = text.indexOf("\0", ttl) + 1;
  const address = text.indexOf("\0", session) + 1;
  const attempt = text.indexOf("\0", address) + 1;
  const bytes = text.indexOf("\0", attempt) + 1;
  return {
    isStanding: text.charCodeAt(state) === STANDING && expiry === state + 2,
    epoch: numberAt(text, epoch, revision - 1),
    revision: numberAt(text, revision, registered - 1),
    registeredAt: numberAt(text, registered, ttl - 1),
    expiresAt: text.charCodeAt(expiry) > NINE ? undefined : numberAt(text, expiry, epoch - 1),
    ttlMs: session === ttl + 1 ? undefined : numberAt(text, ttl, session - 1),
    session: textAt(text, session, address - 1, before?.session),
    address: textAt(text, address, attempt - 1, before?.address),
    attempt: text.slice(attempt, bytes - 1),
    bytes: numberAt(text, bytes, text.length),
  };
}

/** Of decimal digits. Half as long as cutting them out and asking `Number`. */
function numberAt(text: string, from: number, to: number): number {
  let number = 0;
  for (let at = from; at < to; at += 1) number = number * 10 + (text.charCodeAt(at) - ZERO);
  return number;
}

function textAt(text: string, from: number, to: number, guess: string | undefined): string | undefined {
  if (guess !== undefined && to - from === guess.length && text.startsWith(guess, from)) return guess;
  return from === to ? undefined : text.slice(from, to);
}

/** Whether reads show it at `now`, epoch ms of the server's clock. */
export function isLive({ isStanding, expiresAt }: Stamp, now: number): boolean {
  return isStanding && (expiresAt === undefined || expiresAt > now);
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
  return JSON.parse(record.slice(record.indexOf("\0") + 1)) as Metadata; // Metadata was stringified.
}

/** Whether it is the record of that stamp, and not of one before or after. */
export function isRecordOf({ attempt }: Stamp, record: string): boolean {
  return record.startsWith(attempt) && record.charCodeAt(attempt.length) === 0;
}

/** `attempt` holds no NUL. */
export function encodeRecord(attempt: string, metadata: Metadata): string {
  return `${attempt}\0${JSON.stringify(metadata)}`;
}

function unknownVersion(version: string): MusterError<"UNSUPPORTED"> {
  const feature = `stored records of version ${JSON.stringify(version)}`;
  return new MusterError({
    code: "UNSUPPORTED",
    source: "redis.decode",
    message: `a record has been written by a newer release: this one reads version ${VERSION}`,
    detail: { feature },
  });
}
