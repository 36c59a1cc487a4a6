/** What becomes of one entry of a batch, as far as what is known of its identity decides it. */

import { type Entry, isBound } from "../mirror/entry.ts";
import { type Entries, isUnfounded } from "../mirror/entries.ts";
import type { Moment } from "../mirror/stream-clock.ts";
import type { Line } from "./record.ts";

/** What takes the place of the message that was read, and of no other. */
export interface Change {
  readonly line: Omit<Line, "v">;
  readonly metadata: string;
  /** Place of the message it takes the place of; 0: there is none. */
  readonly expected: number;
}

export interface Write<Outcome> {
  readonly change: Change;
  /** Counts as one more registration. */
  readonly isAddition?: boolean;
  /** What came of it, as it has been stored. */
  readonly settle: (stored: Entry) => Settled<Outcome>;
}

/** `undo`: it should not have been stored; what it replaced is put back. */
export interface Settled<Outcome> {
  readonly outcome: Outcome;
  readonly undo?: Change;
}

/**
 * `unsure`: that depends on whether a time has passed which is just passing. `stale`: it depends on more than the message
 * that is replaced, and what is known may not be the last.
 */
export type Decision<Outcome> = { readonly outcome: Outcome } | { readonly write: Write<Outcome> } | "unsure" | "stale";

/** What is known when it is decided. */
export interface Knowledge {
  readonly entries: Entries;
  readonly moment: Moment;
  /** All that was stored before the call is known. */
  readonly isUpToDate: boolean;
}

export type Standing = "live" | "expired" | "absent" | "unsure";

/** What reads show of an identity. */
export function standingOf(entry: Entry | undefined, { entries, moment }: Omit<Knowledge, "isUpToDate">): Standing {
  if (entry === undefined || entry.stage !== "standing" || isUnfounded(entries, entry)) return "absent";
  const { expiresAt, isLate, claimedUntil } = entry;
  if (expiresAt === undefined) return "live";
  if (isLate || claimedUntil > 0 || expiresAt <= moment.earliest) return "expired";
  return expiresAt > moment.latest ? "live" : "unsure";
}

/** As {@link standingOf}, of the record of a session. */
export function sessionStanding(session: string | undefined, knowledge: Omit<Knowledge, "isUpToDate">): Standing {
  return session === undefined ? "absent" : standingOf(knowledge.entries.session(session), knowledge);
}

/** The same once more, with nothing left to be read from the message itself. */
export function lineOf(entry: Entry): Omit<Line, "v"> {
  const { identity, epoch, revision, registeredAt, expiresAt, ttlMs, session, address, attempt } = entry;
  return {
    k: entry.stage,
    identity,
    epoch,
    rev: revision,
    at: registeredAt,
    attempt,
    ...(expiresAt === undefined ? {} : { until: expiresAt }),
    ...(ttlMs === undefined ? {} : { ttl: ttlMs }),
    ...(session === undefined ? {} : { session }),
    ...(address === undefined ? {} : { address }),
    ...(isBound(entry) ? { bound: [entry.boundAt, entry.boundSequence] } : {}),
    ...(entry.stage === "standing" ? {} : { since: entry.endedAt }),
  };
}

/** The same once more, in whose place the message at `expected` is now. */
export function restored(before: Entry | undefined, identity: string, expected: number): Change {
  if (before === undefined) return { line: { k: "deleted", identity }, metadata: "", expected };
  return { line: lineOf(before), metadata: before.metadata, expected };
}

/** What ends a life without a trace: of its time, only until when it went, by which its registrations are judged. */
export function removed({ identity, expiresAt, isSession, sequence }: Entry): Change {
  const until = isSession && expiresAt !== undefined ? { until: expiresAt } : {};
  return { line: { k: "deleted", identity, ...until }, metadata: "", expected: sequence };
}
