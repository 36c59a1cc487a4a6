/**
 * How a registration is written down: as a record, which is the attempt that wrote it, a NUL, and its metadata as JSON
 * text; and as a stamp, which is everything beside the metadata. What has been read apart belongs together if both name
 * the same attempt.
 *
 * A stamp is eleven fields with a NUL between two, so that a script takes it apart with one match (`scripts/stamps.ts` reads
 * and writes it) and TypeScript a whole page of them with one split. Only scripts write one:
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
/** Of a stamp. */
const FIELDS = 11;

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

/** @throws UNSUPPORTED: it has been written by a version of this package that is not known here. */
export function decodeStamp(text: string): Stamp {
  return stampAt(text.split("\0"), 0);
}

/** Stamps with a NUL between two. @throws UNSUPPORTED, as {@link decodeStamp}. */
export function decodeStamps(text: string): readonly Stamp[] {
  const fields = text.split("\0");
  const stamps: Stamp[] = [];
  for (let at = 0; at < fields.length; at += FIELDS) stamps.push(stampAt(fields, at));
  return stamps;
}

function stampAt(fields: readonly string[], at: number): Stamp {
  const version = fields[at] ?? "";
  if (version !== VERSION) throw unknownVersion(version);
  const expiry = fields[at + 2] ?? "";
  return {
    isStanding: fields[at + 1] === "s",
    epoch: Number(fields[at + 3]),
    revision: Number(fields[at + 4]),
    registeredAt: Number(fields[at + 5]),
    expiresAt: expiry === "never" || expiry === "bound" ? undefined : Number(expiry),
    ttlMs: fields[at + 6] ? Number(fields[at + 6]) : undefined,
    session: fields[at + 7] || undefined,
    address: fields[at + 8] || undefined,
    attempt: fields[at + 9] ?? "",
    bytes: Number(fields[at + 10]),
  };
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
