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
  readonly subject: string;
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
  return jetStream.publish(subjects.entry(place, entry.identity, entry.id), JSON.stringify(entry), options, call);
}

/** There again, and then here no more: who dies over it leaves it twice. */
export async function moveEntry(
  space: Space,
  { entry, sequence }: Pick<PlacedEntry, "entry" | "sequence">,
  call: QueueCall,
): Promise<void> {
  await putEntry(space, placeOf(space, entry.identity), { ...entry, isMoved: true }, call);
  await removeEntry(space, sequence, call);
}

export async function removeEntry({ jetStream, subjects }: Space, sequence: number, call: QueueCall): Promise<void> {
  await jetStream.delete(subjects.queue, sequence, call);
}

/** All of one identity, wherever they are. */
export async function entriesOf(
  { jetStream, subjects }: Space,
  identity: string,
  call: QueueCall,
): Promise<readonly PlacedEntry[]> {
  const next_by_subj = subjects.entriesOf(identity);
  const found: PlacedEntry[] = [];
  for (let seq = 1; ; ) {
    const next = await jetStream.get(subjects.queue, { seq, next_by_subj }, call);
    // Other identities have the same subjects only where they have the same hash.
    if (next === undefined) return found.filter(({ entry }) => entry.identity === identity);
    found.push({ entry: entryIn(next.data), sequence: next.sequence, subject: next.subject });
    seq = next.sequence + 1;
  }
}

export function isAt({ subjects }: Space, place: string, { entry, subject }: PlacedEntry): boolean {
  return subject === subjects.entry(place, entry.identity, entry.id);
}
