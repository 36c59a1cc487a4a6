/** The end of what has expired, step by step: `reap` and `confirmMany`. */

import type { Call, OrderedList, ReapClaim, ReapStep } from "@muster/core/slots";
import { endOf, type Entries } from "../mirror/entries.ts";
import { type Entry, registrationOf } from "../mirror/entry.ts";
import type { Moment } from "../mirror/stream-clock.ts";
import { decideMany } from "./batches.ts";
import { type Decision, type Knowledge, lineOf, removed } from "./deciding.ts";
import type { Store } from "./store.ts";
import { sweep } from "./sweeping.ts";

export interface ReapOptions {
  readonly limit: number;
  readonly claimMs: number;
  readonly graceMs: number;
}

/** A step that was due when it was looked for. */
interface Due {
  readonly entry: Entry;
  readonly step: ReapStep;
  readonly dueAt: number;
}

/**
 * The contract's `reap`. A claim is a message like any other: whoever's is stored first has it. What is known to be due is
 * claimed at once; where that is nothing, it is asked whether there is more.
 */
export async function reap(store: Store, options: ReapOptions, call: Call): Promise<readonly ReapClaim[]> {
  await sweep(store, call);
  for (let isUpToDate = false; ; ) {
    const moment = await store.moment("reap");
    const due = oldestDue(store.entries, moment, options);
    const decide = (one: Due, knowledge: Knowledge): Decision<ReapClaim | undefined> => claim(one, options, knowledge);
    const claimed = await decideMany(store, due, { operation: "reap", decide }, call);
    const claims = claimed.flatMap((one) => one ?? []);
    if (claims.length > 0 || (isUpToDate && due.length === 0)) return claims;
    await store.catchUp("reap");
    isUpToDate = true;
  }
}

function oldestDue(entries: Entries, { earliest }: Moment, { limit, graceMs }: ReapOptions): readonly Due[] {
  const collect = (list: OrderedList<Entry>, step: ReapStep, afterMs: number): readonly Due[] => {
    const due: Due[] = [];
    for (const piece of list.pieces(() => false)) {
      for (const entry of piece) {
        const dueAt = endOf(entry) + afterMs;
        if (dueAt > earliest || due.length === limit) return due;
        if (entry.claimedUntil <= earliest) due.push({ entry, step, dueAt });
      }
    }
    return due;
  };
  return [
    ...collect(entries.expiring, "expired", 0),
    ...collect(entries.expiringSessions, "expired", 0),
    ...collect(entries.tombstones, "over", graceMs),
  ]
    .sort((a, b) => a.dueAt - b.dueAt)
    .slice(0, limit);
}

/** Unless something has happened to it meanwhile. */
function claim(
  { entry, step }: Due,
  { claimMs }: ReapOptions,
  { entries }: Knowledge,
): Decision<ReapClaim | undefined> {
  if (entries.find(entry.identity) !== entry) return { outcome: undefined };
  const change = { line: { ...lineOf(entry), claim: claimMs }, metadata: entry.metadata, expected: entry.sequence };
  return { write: { change, settle: (stored) => ({ outcome: { registration: registrationOf(stored), step } }) } };
}

/** The contract's `confirmMany`. */
export async function confirmMany(store: Store, claims: readonly ReapClaim[], call: Call): Promise<void> {
  await decideMany(store, claims, { operation: "confirmMany", decide: confirm }, call);
}

function confirm({ registration, step }: ReapClaim, { entries, moment }: Knowledge): Decision<undefined> {
  const found = entries.find(registration.identity);
  if (found === undefined || found.epoch !== registration.epoch) return { outcome: undefined };
  const settle = (): { readonly outcome: undefined } => ({ outcome: undefined });
  if (step === "expired" && found.stage === "standing" && endOf(found) <= moment.earliest) {
    const line = { ...lineOf(found), k: "tombstone" as const };
    return { write: { change: { line, metadata: found.metadata, expected: found.sequence }, settle } };
  }
  if (step === "over" && found.stage === "tombstone") return { write: { change: removed(found), settle } };
  return { outcome: undefined };
}
