/** The contract's `attachMany`, `detachMany` and `dropMany`. */

import type { BatchFailure, DeadCode, QueueFailureCode, Target } from "@muster/core/slots";
import type { QueueCall } from "../jetstream/call.ts";
import { type Attachment, trailOf } from "./attachments.ts";
import { entriesOf, isAt, listFor, moveEntry, placeOf, type PlacedEntry, removeEntry } from "./entries.ts";
import { isDropped } from "./enqueueing.ts";
import { failuresOf } from "./failures.ts";
import { bury } from "./letters.ts";
import type { Space } from "./space.ts";
import { changeState, readState, settledIn } from "./states.ts";

export async function attachMany(
  space: Space,
  session: string,
  targets: readonly Target[],
  call: QueueCall,
): Promise<readonly BatchFailure[]> {
  if (targets.length === 0) return [];
  await space.attachments.sync();
  const codes: (QueueFailureCode | undefined)[] = [];
  for (const round of roundsOf(targets)) {
    const written = await Promise.all(
      round.map(async ([target, index]) => {
        const attachment = await attach(space, session, target, call);
        if (attachment === undefined) codes[index] = "FENCED";
        return attachment;
      }),
    );
    await eachEntry(
      space,
      written.flatMap((attachment) => (attachment === undefined ? [] : [gathering(space, attachment, call)])),
      call,
    );
  }
  return failuresOf(codes, call.operation, (index) => targets[index]?.identity ?? "");
}

/** Entries stay where they are: the next attachment finds them there. */
export async function detachMany(
  space: Space,
  session: string,
  identities: readonly string[],
  call: QueueCall,
): Promise<void> {
  if (identities.length === 0) return;
  await space.attachments.sync();
  const releasing = await Promise.all(
    Array.from(new Set(identities), async (identity) => detach(space, session, identity, call)),
  );
  await eachEntry(
    space,
    releasing.flatMap((one) => (one === undefined ? [] : [one])),
    call,
  );
}

export async function dropMany(
  space: Space,
  targets: readonly Target[],
  why: { readonly code: DeadCode; readonly reason: string },
  call: QueueCall,
): Promise<void> {
  if (targets.length === 0) return;
  await space.attachments.sync();
  for (const round of roundsOf(targets)) {
    const ending = await Promise.all(round.map(async ([target]) => drop(space, target, why, call)));
    await eachEntry(space, ending, call);
  }
}

/** What is to be done with each entry of an identity, now that its attachment is written. */
interface Aftermath {
  readonly identity: string;
  work(placed: PlacedEntry): Promise<void>;
}

/** `undefined`: it is fenced. */
async function attach(
  space: Space,
  session: string,
  { identity, epoch }: Target,
  call: QueueCall,
): Promise<Attachment | undefined> {
  const { attachments, clock } = space;
  for (;;) {
    const before = attachments.of(identity);
    const isFenced = before?.session !== undefined && epoch < before.epoch;
    if (isFenced || isDropped(space, identity, epoch)) return undefined;
    const isThere = before?.session === session && before.epoch === epoch;
    const attachment: Attachment = isThere
      ? before
      : {
          identity,
          session,
          epoch,
          version: nextVersion(before, clock.now),
          ...droppedIn(before),
          trail: trailOf(before, session),
        };
    if (isThere || (await attachments.write(attachment, call))) return attachment;
  }
}

/** Whatever there is becomes the attachment's. */
function gathering(space: Space, { identity, version }: Attachment, call: QueueCall): Aftermath {
  const work = async (placed: PlacedEntry): Promise<void> => {
    const { id, epoch } = placed.entry;
    if (isDropped(space, identity, epoch)) return end(space, placed, call);
    const known = await readState(space, id, identity, call);
    const isHeld = known?.state.is === "leased" && known.state.version !== version;
    if (isHeld)
      await changeState(
        space,
        { id, identity },
        (state) => {
          if (state?.is !== "leased" || state.version === version) return undefined;
          const { attempts, expiresAt } = state;
          return { identity, is: "queued", attempts, expiresAt, ...settledIn(state) };
        },
        call,
      );
    // What is queued again has been leased before, and its entry may wait for the end of that.
    const mayWait = isHeld || known?.state.is === "queued";
    if (mayWait || !isAt(space, placeOf(space, identity), placed)) await moveEntry(space, placed, call);
  };
  return { identity, work };
}

/** `undefined`: it was not attached there. */
async function detach(
  space: Space,
  session: string,
  identity: string,
  call: QueueCall,
): Promise<Aftermath | undefined> {
  const { attachments, clock } = space;
  for (;;) {
    const before = attachments.of(identity);
    if (before?.session !== session) return undefined;
    const { epoch, version } = before;
    const attachment: Attachment = {
      identity,
      epoch,
      version: nextVersion(before, clock.now),
      ...droppedIn(before),
      trail: trailOf(before, undefined),
    };
    if (!(await attachments.write(attachment, call))) continue;
    const work = async ({ entry: { id } }: PlacedEntry): Promise<void> => {
      await changeState(
        space,
        { id, identity },
        (state) => {
          if (state?.is !== "leased" || state.version !== version) return undefined;
          const { attempts, expiresAt, lease = "" } = state;
          return { identity, is: "queued", attempts: attempts - 1, expiresAt, settled: [lease, "release"] };
        },
        call,
      );
    };
    return { identity, work };
  }
}

async function drop(
  space: Space,
  { identity, epoch }: Target,
  { code, reason }: { readonly code: DeadCode; readonly reason: string },
  call: QueueCall,
): Promise<Aftermath> {
  const { attachments, clock } = space;
  for (;;) {
    const before = attachments.of(identity);
    const isDone = isDropped(space, identity, epoch);
    const isOfIt = before?.session !== undefined && before.epoch <= epoch;
    const attachment: Attachment = {
      identity,
      epoch: before?.epoch ?? 0,
      ...(before?.session === undefined || isOfIt ? {} : { session: before.session }),
      version: isOfIt || before === undefined ? nextVersion(before, clock.now) : before.version,
      dropped: { epoch, code, reason },
      trail: isOfIt ? trailOf(before, undefined) : (before?.trail ?? []),
    };
    if (!isDone && !(await attachments.write(attachment, call))) continue;
    const work = async (placed: PlacedEntry): Promise<void> => {
      if (isDropped(space, identity, placed.entry.epoch)) await end(space, placed, call);
    };
    return { identity, work };
  }
}

async function end(space: Space, { entry, sequence }: PlacedEntry, call: QueueCall): Promise<void> {
  const dropped = space.attachments.of(entry.identity)?.dropped;
  if (dropped === undefined) return;
  await bury(space, entry, dropped, call);
  await removeEntry(space, sequence, call);
}

async function eachEntry(space: Space, all: readonly Aftermath[], call: QueueCall): Promise<void> {
  const list = await listFor(all.length, space, call);
  await Promise.all(
    all.map(async ({ identity, work }) => {
      const entries = await entriesOf(space, identity, call, list);
      await Promise.all(entries.map(async (placed) => work(placed)));
    }),
  );
}

function nextVersion(before: Attachment | undefined, now: number): number {
  return Math.max((before?.version ?? 0) + 1, Math.floor(now));
}

function droppedIn(before: Attachment | undefined): Pick<Attachment, "dropped"> | Record<string, never> {
  return before?.dropped === undefined ? {} : { dropped: before.dropped };
}

/** Whoever occurs twice is in two of them, in the order of the batch. */
function roundsOf(targets: readonly Target[]): readonly (readonly (readonly [Target, number])[])[] {
  const rounds: (readonly [Target, number])[][] = [];
  const turns = new Map<string, number>();
  for (const [index, target] of targets.entries()) {
    const turn = turns.get(target.identity) ?? 0;
    turns.set(target.identity, turn + 1);
    (rounds[turn] ??= []).push([target, index]);
  }
  return rounds;
}
