/** What nobody needs any more: messages that say that something is gone, and what was bound to sessions that were. */

import { type Call, SESSION_PREFIX } from "@muster/core/slots";
import { type Entries, isUnfounded } from "../mirror/entries.ts";
import type { Entry } from "../mirror/entry.ts";
import { LONGEST_PAUSE_MS } from "../mirror/feed.ts";
import { decideMany } from "./batches.ts";
import { type Decision, type Knowledge, removed } from "./deciding.ts";
import type { Store } from "./store.ts";

/** By then every client has heard of it, or reads everything anew. */
const KEPT_MS = 2 * LONGEST_PAUSE_MS;
/** Of one call. */
const MAX_SWEPT = 1_000;
/** Whoever has bound it undoes that himself before. */
const UNDONE_AFTER_MS = 60_000;

/** A little of both. @throws UNAVAILABLE */
export async function sweep(store: Store, call: Call): Promise<void> {
  const { earliest } = await store.moment("reap");
  const unfounded = unfoundedIn(store.entries, earliest - UNDONE_AFTER_MS);
  await decideMany(store, unfounded, { operation: "reap", decide: undo }, call);
  const swept = sweepable(store, earliest - KEPT_MS);
  if (swept.length === 0) return;
  const bodies = swept.map(({ sequence }) => ({ seq: sequence, no_erase: true }));
  const answers = await store.ask("MSG.DELETE", bodies, "reap");
  for (const [index, entry] of swept.entries()) {
    // Not there any more: another client has swept it.
    if (answers[index]?.error === undefined || answers[index].error.code !== 503) store.entries.remove(entry);
  }
}

/** The last message of all stays: it is what everybody waits for who wants to know everything. */
function sweepable({ entries, feed }: Store, until: number): readonly Entry[] {
  const swept: Entry[] = [];
  for (const piece of entries.deleted.pieces(() => false)) {
    for (const entry of piece) {
      if (entry.endedAt > until || swept.length === MAX_SWEPT) return swept;
      if (entry.sequence < feed.reached && !isServing(entries, entry)) swept.push(entry);
    }
  }
  return swept;
}

/** Registrations are judged by when their session went. */
function isServing(entries: Entries, { identity, isSession }: Entry): boolean {
  return isSession && entries.servedBy(identity.slice(SESSION_PREFIX.length)) !== undefined;
}

function unfoundedIn(entries: Entries, until: number): readonly Entry[] {
  const found: Entry[] = [];
  for (const session of entries.serving) {
    if (entries.session(session)?.stage === "standing") continue;
    for (const piece of entries.servedBy(session)?.pieces(() => false) ?? []) {
      for (const entry of piece) if (entry.boundAt <= until && isUnfounded(entries, entry)) found.push(entry);
    }
  }
  return found.slice(0, MAX_SWEPT);
}

function undo(entry: Entry, { entries }: Knowledge): Decision<undefined> {
  if (entries.find(entry.identity) !== entry) return { outcome: undefined };
  return { write: { change: removed(entry), settle: () => ({ outcome: undefined }) } };
}
