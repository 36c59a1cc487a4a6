/**
 * How a registration is written down: its metadata as JSON text, and a stamp, which is everything beside that.
 *
 * A stamp is text that a script takes apart with one match (`scripts/stamps.ts` reads and writes it) and TypeScript with
 * two splits; only scripts write one:
 *
 * ```
 * 1 <state> <expiry> <epoch> <revision> <registeredAt> <ttlMs> NUL <session> NUL <address> NUL <attempt>
 * │    │        └ epoch ms; "never"; or "bound": its session keeps it alive
 * │    └ "s": it stands, live or expired; "t" and epoch ms: a tombstone since then
 * └ version of the format
 * ```
 *
 * What is absent is the empty text. Numbers are decimal digits, so that epochs keep every bit in Lua and here.
 */

import { MusterError, type Registration, type Route } from "@muster/core/slots";
import type { Metadata } from "@muster/filter";

const VERSION = "1";

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
}

/** @throws UNSUPPORTED: it has been written by a version of this package that is not known here. */
export function decodeStamp(text: string): Stamp {
  const [facts = "", session = "", address = "", attempt = ""] = text.split("\0");
  const [version = "", state = "", expiry = "", epoch, revision, registeredAt, ttlMs = ""] = facts.split(" ");
  if (version !== VERSION) throw unknownVersion(version);
  return {
    isStanding: state === "s",
    epoch: Number(epoch),
    revision: Number(revision),
    registeredAt: Number(registeredAt),
    expiresAt: expiry === "never" || expiry === "bound" ? undefined : Number(expiry),
    ttlMs: ttlMs === "" ? undefined : Number(ttlMs),
    session: session === "" ? undefined : session,
    address: address === "" ? undefined : address,
    attempt,
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

/** Of JSON text that {@link encodeMetadata} made: nothing else is ever stored. */
export function decodeMetadata(json: string): Metadata {
  return JSON.parse(json) as Metadata; // Metadata was stringified, and no script looks into it.
}

export function encodeMetadata(metadata: Metadata): string {
  return JSON.stringify(metadata);
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
