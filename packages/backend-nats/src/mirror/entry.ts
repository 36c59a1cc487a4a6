/** What one message of the stream says of an identity, with its own place and time filled in. */

import { type Registration, type Route, SESSION_PREFIX } from "@muster/core/slots";
import { type Line, parseMetadata } from "../store/record.ts";

/** Of one message. Everything in ms is the time of the server that stored it. */
export interface Entry {
  readonly identity: string;
  readonly isSession: boolean;
  /** Place of the message in the stream; what the next write of the identity has to name. */
  readonly sequence: number;
  readonly stage: Line["k"];
  /** The message came after what it continues had ended; so that has not been continued, and has ended. */
  readonly isLate: boolean;
  readonly epoch: number;
  readonly revision: number;
  readonly registeredAt: number;
  readonly expiresAt: number | undefined;
  readonly ttlMs: number | undefined;
  readonly session: string | undefined;
  readonly address: string | undefined;
  readonly attempt: string;
  /** JSON text. */
  readonly metadata: string;
  /** When and where in the stream it was bound to its session, which keeps it alive; 0: it is not. */
  readonly boundAt: number;
  readonly boundSequence: number;
  /** 0: nobody has claimed the next step of its end. */
  readonly claimedUntil: number;
  /** When the message was stored. */
  readonly writtenAt: number;
  /** When it became a tombstone, or nothing was left of it. */
  readonly endedAt: number;
}

/** Where a message stands. */
export interface Stored {
  readonly sequence: number;
  /** Epoch ms, with a fraction. */
  readonly time: number;
}

/** @param epochBase of the stream: epochs are places in it, counted from there. */
export function entryOf(
  { line, metadata }: { readonly line: Line; readonly metadata: string },
  { sequence, time }: Stored,
  epochBase: number,
): Entry {
  const writtenAt = Math.floor(time);
  const isLate = line.before !== undefined && writtenAt >= line.before;
  const [boundAt, boundSequence] = line.bound === true ? [writtenAt, sequence] : (line.bound ?? [0, 0]);
  return {
    identity: line.identity,
    isSession: line.identity.startsWith(SESSION_PREFIX),
    sequence,
    stage: line.k,
    isLate,
    epoch: line.epoch ?? epochBase + sequence,
    revision: line.rev ?? 1,
    registeredAt: line.at ?? writtenAt,
    expiresAt: isLate ? line.before : (line.until ?? (line.for === undefined ? undefined : writtenAt + line.for)),
    ttlMs: line.ttl,
    session: line.session,
    address: line.address,
    attempt: line.attempt ?? "",
    metadata,
    boundAt: isLate ? 0 : boundAt,
    boundSequence: isLate ? 0 : boundSequence,
    claimedUntil: line.claim === undefined ? 0 : writtenAt + line.claim,
    writtenAt,
    endedAt: line.since ?? writtenAt,
  };
}

export function isBound({ boundSequence }: Entry): boolean {
  return boundSequence > 0;
}

export function routeOf(entry: Entry): Route {
  const { identity, epoch, session, address, registeredAt, expiresAt, ttlMs, revision } = entry;
  return { identity, epoch, session, address, registeredAt, expiresAt, ttlMs, revision };
}

export function registrationOf(entry: Entry): Registration {
  return { ...routeOf(entry), metadata: parseMetadata(entry.metadata), attempt: entry.attempt };
}
