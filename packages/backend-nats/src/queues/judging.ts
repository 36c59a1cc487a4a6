/** What is to be done about an entry that a consumer has handed out. */

import { randomUUID } from "node:crypto";
import type { QueueCall } from "../jetstream/call.ts";
import type { Pulled } from "../jetstream/pull.ts";
import { type Entry, entryIn, placeOf, putEntry } from "./entries.ts";
import { bury, ensureLetter } from "./letters.ts";
import { comeBack, finish } from "./settling.ts";
import type { Space } from "./space.ts";
import { isOver, type KnownState, readState, settledIn, type State, writeState } from "./states.ts";

/** Until whoever redrives has thrown the letter away, or the sender has stored the message. */
const SOON_MS = 50;
/** What waits for something that nobody tells of is looked at again after so long at the latest. */
const LONGEST_MS = 3_600_000;

/** One that was leased. */
export interface Won {
  readonly entry: Entry;
  /** Of the attachment it is leased to. */
  readonly epoch: number;
  readonly state: State;
  readonly sequence: number;
  readonly ackSubject: string;
}

/** What becomes of what is due: it is leased for so long; or it comes back, at once or when it has expired. */
export type Intent = { readonly leaseMs: number } | "leave" | "leave until it expires";

/**
 * For `place`, whose entries these are; attachments must be known. What is over is ended, and what belongs elsewhere moves,
 * whatever the intent. `undefined`: it isn't leased, and the queue knows what to do with it.
 */
export async function judge(
  space: Space,
  place: string,
  { data, ackSubject, deliveries }: Pulled,
  intent: Intent,
  call: QueueCall,
): Promise<Won | "ended" | undefined> {
  const entry = entryIn(data);
  const { identity, id, epoch } = entry;
  const attachment = space.attachments.of(identity);
  if (attachment?.dropped !== undefined && epoch <= attachment.dropped.epoch) {
    await bury(space, entry, attachment.dropped, call);
    finish(space, ackSubject);
    return "ended";
  }
  const belongs = placeOf(space, identity);
  if (belongs !== place) {
    await putEntry(space, belongs, { ...entry, isMoved: true }, call);
    finish(space, ackSubject);
    return undefined;
  }
  const canBeKnown =
    entry.isMoved === true || entry.revives !== undefined || deliveries > 1 || typeof intent === "string";
  let known = canBeKnown ? await readState(space, id, identity, call) : undefined;
  for (;;) {
    const verdict = verdictOn(space, entry, known?.state, attachment?.version ?? 0);
    if (verdict.is === "over") {
      if (known?.state.is === "dead") await ensureLetter(space, id, known.state, call);
      finish(space, ackSubject);
      return "ended";
    }
    if (verdict.is === "revived") {
      const letter = await space.last(space.subjects.records, space.subjects.letter(identity, id), call);
      if (letter?.sequence === entry.revives?.letter) {
        comeBack(space, ackSubject, SOON_MS);
        return undefined;
      }
    }
    if (verdict.is === "waits") {
      comeBack(space, ackSubject, Math.min(LONGEST_MS, verdict.untilMs - space.clock.earliest));
      return undefined;
    }
    const isExpired = expiryOf(entry, verdict.is === "revived" ? undefined : known) <= space.clock.earliest;
    if (typeof intent === "string" && !isExpired) {
      const leftMs = expiryOf(entry, known) - space.clock.earliest;
      comeBack(space, ackSubject, intent === "leave" ? 0 : Math.min(LONGEST_MS, leftMs));
      return undefined;
    }
    const state = isExpired
      ? expiredState(entry, known)
      : leasedState(space, entry, { known, version: attachment?.version ?? 0, intent, attempts: verdict.attempts });
    const sequence = await writeState(space, id, state, known?.sequence ?? 0, call);
    if (sequence !== undefined) {
      if (!isExpired) return { entry, epoch: attachment?.epoch ?? epoch, state, sequence, ackSubject };
      finish(space, ackSubject);
      return "ended";
    }
    known = await readState(space, id, identity, call);
  }
}

type Verdict =
  | { readonly is: "over" }
  | { readonly is: "waits"; readonly untilMs: number }
  | { readonly is: "due" | "revived"; readonly attempts: number };

function verdictOn({ clock }: Space, entry: Entry, state: State | undefined, version: number): Verdict {
  if (state === undefined) return { is: "due", attempts: 0 };
  if (isOver(state)) {
    const isRevived = entry.revives !== undefined && state.death?.id === entry.revives.death && state.is === "dead";
    return isRevived ? { is: "revived", attempts: 0 } : { is: "over" };
  }
  const { until = 0, attempts } = state;
  const waits = until > clock.earliest && (state.is === "queued" || state.version === version);
  return waits ? { is: "waits", untilMs: until } : { is: "due", attempts };
}

/** The first one counts. */
function expiryOf(entry: Entry, known: KnownState | undefined): number {
  return known?.state.expiresAt ?? entry.expiresAt;
}

function expiredState({ identity, expiresAt }: Entry, known: KnownState | undefined): State {
  return { identity, is: "expired", attempts: known?.state.attempts ?? 0, expiresAt };
}

function leasedState(
  { clock }: Space,
  { identity, expiresAt }: Entry,
  how: {
    readonly known: KnownState | undefined;
    readonly version: number;
    readonly intent: Intent;
    readonly attempts: number;
  },
): State {
  const { known, version, intent, attempts } = how;
  return {
    identity,
    is: "leased",
    attempts: attempts + 1,
    expiresAt: known === undefined || isOver(known.state) ? expiresAt : known.state.expiresAt,
    until: clock.latest + (typeof intent === "string" ? 0 : intent.leaseMs),
    version,
    lease: randomUUID(),
    ...(known === undefined ? {} : settledIn(known.state)),
  };
}
