/**
 * Entries of the queue stream. One is a hint that there may be something to hand out: it may be there twice, and must not be
 * missing while the delivery waits. What stands of the delivery is its state's to say.
 */

import type { Published } from "../jetstream/api.ts";
import type { QueueCall } from "../jetstream/call.ts";
import type { Space } from "./space.ts";
import { PARKED } from "../keys.ts";

/** As it is stored, in JSON. */
export interface Entry {
  readonly identity: string;
  /** Of the message. */
  readonly id: string;
  /** It was enqueued for. */
  readonly epoch: number;
  /** Epoch ms. */
  readonly expiresAt: number;
  /** Of a dead letter that is tried again: which death, and which letter goes with it. */
  readonly revives?: { readonly death: string; readonly letter: number };
  /** It has been here before, so there may be a state. */
  readonly isMoved?: true;
}

export interface PlacedEntry {
  readonly entry: Entry;
  readonly sequence: number;
}

export function entryIn(data: Uint8Array): Entry {
  return JSON.parse(Buffer.from(data).toString("utf8")) as Entry; // Written by the one below.
}

/** Where it belongs, as far as is known here. */
export function placeOf({ attachments, subjects }: Space, identity: string): string {
  const session = attachments.of(identity)?.session;
  return session === undefined ? PARKED : subjects.placeOf(session);
}

export async function putEntry(
  { jetStream, subjects }: Space,
  place: string,
  entry: Entry,
  call: QueueCall,
  dedupId?: string,
): Promise<Published> {
  const options = dedupId === undefined ? {} : { id: dedupId };
  return jetStream.publish(subjects.entry(place, entry.identity), JSON.stringify(entry), options, call);
}

/** There again, and then here no more: who dies over it leaves it twice. */
export async function moveEntry(space: Space, { entry, sequence }: PlacedEntry, call: QueueCall): Promise<void> {
  await putEntry(space, placeOf(space, entry.identity), { ...entry, isMoved: true }, call);
  await removeEntry(space, sequence, call);
}

export async function removeEntry({ jetStream, subjects }: Space, sequence: number, call: QueueCall): Promise<void> {
  await jetStream.delete(subjects.queue, sequence, call);
}

/** All of one identity in one place that there are when it begins. */
export async function entriesOf(
  { jetStream, subjects }: Space,
  place: string,
  identity: string,
  call: QueueCall,
): Promise<readonly PlacedEntry[]> {
  const { queue } = subjects;
  const subject = subjects.entry(place, identity);
  const last = await jetStream.get(queue, { last_by_subj: subject }, call);
  if (last === undefined) return [];
  const found: PlacedEntry[] = [];
  for (let from = 1; from < last.sequence; ) {
    const next = await jetStream.get(queue, { seq: from, next_by_subj: subject }, call);
    if (next === undefined || next.sequence >= last.sequence) break;
    found.push(placed(next));
    from = next.sequence + 1;
  }
  // Names of other identities may have the same subject only if they have the same hash.
  return [...found, placed(last)].filter(({ entry }) => entry.identity === identity);
}

function placed({ data, sequence }: { readonly data: Uint8Array; readonly sequence: number }): PlacedEntry {
  return { entry: entryIn(data), sequence };
}
