/**
 * Decides a batch and writes what is decided, all of it at once.
 *
 * Each write takes the place of the very message that was read; where another has come before it, the entry is decided
 * again. What is to be written needs no question whether the message is still the last: the server answers that. Where
 * nothing is to be written, what is known is brought up to date first, and it is decided by that.
 */

import { type Call, throwIfAborted } from "@muster/core/slots";
import { setTimeout as wait } from "node:timers/promises";
import { NAME, retold } from "../errors.ts";
import { type Entry, entryOf } from "../mirror/entry.ts";
import type { Change, Decision, Knowledge, Write } from "./deciding.ts";
import { lookAgain } from "./looking-again.ts";
import { encodeRecord } from "./record.ts";
import type { Store } from "./store.ts";
import { subjectOf } from "./stream.ts";

/** For whom the others were quicker more often than this, the server is asked what there is. */
const PATIENT_ROUNDS = 2;
const MAX_PAUSE_MS = 20;

export interface Rule<Item, Outcome> {
  readonly operation: string;
  decide(item: Item, knowledge: Knowledge): Decision<Outcome>;
}

interface Pending<Item, Outcome> {
  readonly item: Item;
  readonly index: number;
  write?: Write<Outcome>;
}

/** Outcomes in the order of the items. @throws UNAVAILABLE, TIMEOUT, ABORTED, with `mayHaveApplied` after the first write. */
export async function decideMany<Item, Outcome>(
  store: Store,
  items: readonly Item[],
  rule: Rule<Item, Outcome>,
  call: Call,
): Promise<readonly Outcome[]> {
  const outcomes: Outcome[] = [];
  try {
    await decideAll(store, items, rule, outcomes, call);
    return outcomes;
  } catch (error) {
    // What one round has stored stands, whatever becomes of the next.
    throw retold(error, { operation: rule.operation, mayHaveApplied: outcomes.length > 0 });
  }
}

async function decideAll<Item, Outcome>(
  store: Store,
  items: readonly Item[],
  { operation, decide }: Rule<Item, Outcome>,
  outcomes: Outcome[],
  call: Call,
): Promise<void> {
  let pending = items.map((item, index): Pending<Item, Outcome> => ({ item, index }));
  let moment = await store.moment(operation);
  let isUpToDate = false;
  for (let round = 0; pending.length > 0; round += 1) {
    throwIfAborted(call, `${NAME}.${operation}`);
    const next: Pending<Item, Outcome>[] = [];
    const writing: (Pending<Item, Outcome> & { readonly write: Write<Outcome> })[] = [];
    let isUnsure = false;
    for (const one of pending) {
      const decision = decide(one.item, { entries: store.entries, moment, isUpToDate });
      if (decision === "unsure" || decision === "stale") {
        isUnsure ||= decision === "unsure";
        next.push(one);
      } else if ("write" in decision) {
        if (decision.write.isAddition) store.arriving += 1;
        writing.push({ ...one, write: decision.write });
      } else if (isUpToDate) outcomes[one.index] = decision.outcome;
      else next.push(one);
    }
    const lost = await carryOut(store, writing, operation, outcomes);
    next.push(...lost);
    pending = next;
    if (pending.length === 0) break;
    if (lost.length > 0 && round >= PATIENT_ROUNDS) {
      await wait(Math.random() * Math.min(MAX_PAUSE_MS, round));
      await lookAgain(
        store,
        lost.map(({ write }) => write.change),
        operation,
      );
    }
    moment = isUnsure ? await store.momentFrom(moment.latest, operation) : await store.moment(operation);
    await store.catchUp(operation);
    isUpToDate = true;
  }
}

/** Those that others were quicker with. */
async function carryOut<Item, Outcome>(
  store: Store,
  writing: readonly (Pending<Item, Outcome> & { readonly write: Write<Outcome> })[],
  operation: string,
  outcomes: Outcome[],
): Promise<readonly (Pending<Item, Outcome> & { readonly write: Write<Outcome> })[]> {
  if (writing.length === 0) return [];
  const undone: Change[] = [];
  const lost: (Pending<Item, Outcome> & { readonly write: Write<Outcome> })[] = [];
  try {
    const places = await writeChanges(
      store,
      writing.map(({ write }) => write.change),
      operation,
    );
    for (const [index, one] of writing.entries()) {
      const place = places[index];
      if (place === undefined) {
        lost.push(one);
        continue;
      }
      const { outcome, undo } = one.write.settle(storedAs(store, one.write.change, place));
      outcomes[one.index] = outcome;
      if (undo !== undefined) undone.push(undo);
    }
  } finally {
    store.arriving -= writing.filter(({ write }) => write.isAddition).length;
  }
  // Where somebody has come in between there is nothing left to be undone.
  if (undone.length > 0) await writeChanges(store, undone, operation);
  return lost;
}

async function writeChanges(
  store: Store,
  changes: readonly Change[],
  operation: string,
): Promise<readonly (number | undefined)[]> {
  const stream = store.feed.check(operation);
  const questions = changes.map(({ line, metadata, expected }) => ({
    subject: subjectOf(stream, line.identity),
    body: encodeRecord(line, metadata),
    expected,
  }));
  return store.write(questions, operation);
}

/**
 * What was written, as it is read. If another write has taken its place already it never was: then only the life that it
 * began or went on with may tell when it was stored.
 */
function storedAs(store: Store, { line, metadata }: Change, place: number): Entry {
  const found = store.entries.find(line.identity);
  if (found?.sequence === place) return found;
  const stream = store.feed.check("write");
  const written = { line: { v: 1, ...line } as const, metadata };
  const presumed = entryOf(written, { sequence: place, time: store.feed.lastTime }, stream.epochBase);
  if (found?.epoch !== presumed.epoch) return presumed;
  return line.at === undefined
    ? entryOf(written, { sequence: place, time: found.registeredAt }, stream.epochBase)
    : { ...presumed, isLate: presumed.isLate && found.isLate };
}
