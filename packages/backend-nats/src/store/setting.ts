/** Storing entries: `setMany`. */

import {
  type Call,
  checkEntries,
  checkRecord,
  SESSION_PREFIX,
  type SetEntry,
  type SetOutcome,
} from "@muster/core/slots";
import { NAME } from "../errors.ts";
import { isUnfounded } from "../mirror/entries.ts";
import { type Entry, isBound, registrationOf } from "../mirror/entry.ts";
import { NAME_LIMITS, type RecordLimits } from "./arguments.ts";
import { decideMany } from "./batches.ts";
import { type Decision, type Knowledge, restored, sessionStanding, type Settled, standingOf } from "./deciding.ts";
import type { Line } from "./record.ts";
import type { Store } from "./store.ts";

/** An entry, and its metadata as it is stored. */
interface Draft {
  readonly entry: SetEntry;
  readonly metadata: string;
}

/** The contract's `setMany`. */
export async function setMany(
  store: Store,
  entries: readonly SetEntry[],
  limits: RecordLimits,
  call: Call,
): Promise<readonly SetOutcome[]> {
  checkEntries(entries, NAME_LIMITS, NAME);
  const drafts = entries.map((entry): Draft => {
    const metadata = JSON.stringify(entry.metadata);
    checkRecord(entry, metadata, limits, NAME);
    return { entry, metadata };
  });
  const decide = (draft: Draft, knowledge: Knowledge): Decision<SetOutcome> => decideOne(store, draft, knowledge);
  return decideMany(store, drafts, { operation: "setMany", decide }, call);
}

function decideOne(store: Store, draft: Draft, knowledge: Knowledge): Decision<SetOutcome> {
  const { entry } = draft;
  const found = knowledge.entries.find(entry.identity);
  const standing = standingOf(found, knowledge);
  if (standing === "unsure") return "unsure";
  const live = standing === "live" ? found : undefined;
  if (live?.attempt === entry.attempt) return { outcome: { stored: registrationOf(live) } };
  if (entry.sessionBound) {
    const session = sessionStanding(entry.session, knowledge);
    if (session === "unsure") return "unsure";
    if (session !== "live") return { outcome: { refused: "session" } };
  }
  if (typeof entry.mode === "object") return rewrite(store, draft, entry.mode, live);
  if (entry.mode === "create" && live !== undefined) {
    const server = sessionStanding(live.session, knowledge);
    if (server === "unsure") return "unsure";
    if (server === "live") return { outcome: { refused: "exists", current: registrationOf(live) } };
    if (!knowledge.isUpToDate) return "stale";
  }
  return begin(store, draft, found, knowledge);
}

/** A new life. */
function begin(
  store: Store,
  draft: Draft,
  found: Entry | undefined,
  { entries, isUpToDate }: Knowledge,
): Decision<SetOutcome> {
  const { entry, metadata } = draft;
  const isAddition = !entry.identity.startsWith(SESSION_PREFIX) && found?.stage !== "standing";
  if (isAddition && store.maxIdentities < Number.POSITIVE_INFINITY) {
    if (!isUpToDate) return "stale";
    if (entries.ordered.size + store.arriving >= store.maxIdentities) return { outcome: { refused: "quota" } };
  }
  const change = { line: { ...factsOf(entry), ...freshTerm(entry) }, metadata, expected: found?.sequence ?? 0 };
  return { write: { change, isAddition, settle: (stored) => settled(store, stored, found, "quota") } };
}

/** The same life, with other contents. */
function rewrite(
  store: Store,
  { entry, metadata }: Draft,
  mode: Exclude<SetEntry["mode"], string>,
  live: Entry | undefined,
): Decision<SetOutcome> {
  if (live === undefined) return { outcome: { refused: "fenced" } };
  if (live.epoch !== mode.epoch) return { outcome: { refused: "fenced", current: registrationOf(live) } };
  if (mode.revision !== undefined && mode.revision !== live.revision)
    return { outcome: { refused: "conflict", current: registrationOf(live) } };
  const { epoch, registeredAt, expiresAt } = live;
  const line: Omit<Line, "v"> = {
    ...factsOf(entry),
    epoch,
    rev: live.revision + 1,
    at: registeredAt,
    ...(expiresAt === undefined ? {} : { before: expiresAt }),
    ...(entry.sessionBound || isBound(live) ? freshTerm(entry) : expiresAt === undefined ? {} : { until: expiresAt }),
  };
  const change = { line, metadata, expected: live.sequence };
  return { write: { change, settle: (stored) => settled(store, stored, live, "fenced") } };
}

/** Its session may have ended before it was stored, and what it continues may have expired. */
function settled(
  store: Store,
  stored: Entry,
  before: Entry | undefined,
  late: "fenced" | "quota",
): Settled<SetOutcome> {
  if (isUnfounded(store.entries, stored)) {
    return { outcome: { refused: "session" }, undo: restored(before, stored.identity, stored.sequence) };
  }
  return { outcome: stored.isLate ? { refused: late } : { stored: registrationOf(stored) } };
}

function factsOf({ identity, attempt, ttlMs, session, address }: SetEntry): Omit<Line, "v"> {
  return {
    k: "standing",
    identity,
    attempt,
    ...(ttlMs === undefined ? {} : { ttl: ttlMs }),
    ...(session === undefined ? {} : { session }),
    ...(address === undefined ? {} : { address }),
  };
}

/** Until its session ends, or a TTL has passed since now. */
function freshTerm({ sessionBound, ttlMs }: SetEntry): Pick<Line, "bound" | "for"> {
  if (sessionBound) return { bound: true };
  return ttlMs === undefined ? {} : { for: ttlMs };
}
