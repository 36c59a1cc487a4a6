/** The contract's `enqueueMany`: an entry for each, in the queue of the session that serves it. */

import type { BatchFailure, DurableMessage, QueueFailureCode, Target } from "@muster/core/slots";
import type { QueueCall } from "../jetstream/call.ts";
import { entriesOf, type Entry, entryIn, isAt, moveEntry, placeOf, putEntry, removeEntry } from "./entries.ts";
import { failuresOf } from "./failures.ts";
import type { Space } from "./space.ts";
import { readState } from "./states.ts";
import { noteRecipients } from "./tracking.ts";

interface Put {
  readonly entry: Entry;
  readonly place: string;
  readonly sequence: number;
  readonly isRepeated: boolean;
}

/**
 * An attachment is written before its entries are looked for, and looked at here behind the last entry. So whoever is
 * attached elsewhere meanwhile is noticed by the one or the other, and the entry follows.
 */
export async function enqueueMany(
  space: Space,
  message: DurableMessage,
  targets: readonly Target[],
  { ttlMs }: { readonly ttlMs: number },
  call: QueueCall,
): Promise<readonly BatchFailure[]> {
  if (targets.length === 0) return [];
  const { attachments } = space;
  if (targets.some(({ identity, session }) => attachments.of(identity)?.session !== session)) await attachments.sync();
  const expiresAt = space.clock.now + ttlMs;
  const [puts, isTracked] = await Promise.all([
    Promise.all(uniqueOf(targets).map(async (target) => put(space, message.id, target, expiresAt, call))),
    space.tracked.has(message.id, call),
    space.messages.store(message, expiresAt, call),
  ]);
  await attachments.sync();
  await Promise.all(puts.map(async (one) => one && follow(space, one, call)));
  const isRefused = ({ identity, epoch }: Target): boolean => isDropped(space, identity, epoch);
  if (isTracked) {
    const accepted = targets.filter((target) => !isRefused(target)).map(({ identity }) => identity);
    await noteRecipients(space, message.id, { identities: accepted, expiresAt }, call);
  }
  const codes = targets.map((target): QueueFailureCode | undefined => (isRefused(target) ? "UNREGISTERED" : undefined));
  return failuresOf(codes, call.operation, (index) => targets[index]?.identity ?? "");
}

export function isDropped({ attachments }: Space, identity: string, epoch: number): boolean {
  return epoch <= (attachments.of(identity)?.dropped?.epoch ?? -1);
}

function uniqueOf(targets: readonly Target[]): readonly Target[] {
  return [...new Map(targets.map((target) => [target.identity, target])).values()];
}

async function put(
  space: Space,
  id: string,
  { identity, epoch }: Target,
  expiresAt: number,
  call: QueueCall,
): Promise<Put | undefined> {
  if (isDropped(space, identity, epoch)) return undefined;
  const entry = { identity, id, epoch, expiresAt };
  const place = placeOf(space, identity);
  const published = await putEntry(space, place, entry, call, space.subjects.dedupId(id, identity));
  if ("refused" in published) return undefined; // It was put under no condition.
  return { entry, place, ...published };
}

/** Where it belongs may have changed meanwhile, and whether it may be there at all. */
async function follow(space: Space, { entry, place, sequence, isRepeated }: Put, call: QueueCall): Promise<void> {
  if (isDropped(space, entry.identity, entry.epoch)) {
    if (!isRepeated) await removeEntry(space, sequence, call);
    return;
  }
  if (!isRepeated) {
    if (placeOf(space, entry.identity) !== place) await moveEntry(space, { entry, sequence }, call);
    return;
  }
  // Whoever enqueued it first may have died before its entry had followed.
  const first = await space.jetStream.get(space.subjects.queue, { seq: sequence }, call);
  if (first === undefined) return restore(space, entry, call);
  const placed = { entry: entryIn(first.data), sequence, subject: first.subject };
  if (!isAt(space, placeOf(space, entry.identity), placed)) await moveEntry(space, placed, call);
}

/** It has moved, it is over, or it was taken away because its epoch had been dropped: then it has never been enqueued. */
async function restore(space: Space, entry: Entry, call: QueueCall): Promise<void> {
  const { attachments } = space;
  const { id, identity } = entry;
  if ((await readState(space, id, identity, call)) !== undefined) return;
  if ((await entriesOf(space, identity, call)).some((one) => one.entry.id === id)) return;
  const place = placeOf(space, identity);
  const published = await putEntry(space, place, { ...entry, isMoved: true }, call);
  await attachments.sync();
  if (!("refused" in published) && placeOf(space, identity) !== place)
    await moveEntry(space, { entry, sequence: published.sequence }, call);
}
