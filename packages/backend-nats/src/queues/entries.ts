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

/** By whose they are, as subjects have it: the subjects of entries that there are. */
type EntryList = ReadonlyMap<string, readonly string[]>;

/** Of so many identities and more all entries are listed once; it takes the server as long as to look for a dozen. */
const MANY = 16;

/**
 * What there is, of everybody, if so many identities are looked for that it is worth it: a server takes 10 µs for each
 * entry to tell it. To look for a single identity's takes it a tenth of that, but again for each identity.
 */
export async function listFor(
  count: number,
  { jetStream, subjects }: Space,
  call: QueueCall,
): Promise<EntryList | undefined> {
  if (count < MANY) return undefined;
  const list = new Map<string, string[]>();
  for (let offset = 0; ; ) {
    const { state, total = 0 } = await jetStream.manage<StreamSubjects>(
      `STREAM.INFO.${subjects.queue}`,
      { subjects_filter: subjects.allEntries, offset },
      call,
    );
    const page = Object.keys(state.subjects ?? {});
    for (const subject of page) {
      const owner = subjects.ownerIn(subject);
      const own = list.get(owner);
      if (own === undefined) list.set(owner, [subject]);
      else own.push(subject);
    }
    offset += page.length;
    if (page.length === 0 || offset >= total) return list;
  }
}

interface StreamSubjects {
  readonly state: { readonly subjects?: Readonly<Record<string, number>> };
  /** Of subjects, where they have been asked for. */
  readonly total?: number;
}

/** All of one identity, wherever they are. @param list of what there was: only that is looked for. */
export async function entriesOf(
  space: Space,
  identity: string,
  call: QueueCall,
  list?: EntryList,
): Promise<readonly PlacedEntry[]> {
  const { subjects } = space;
  const filters = list === undefined ? [subjects.entriesOf(identity)] : (list.get(subjects.ownerOf(identity)) ?? []);
  const found = await Promise.all(filters.map(async (filter) => entriesIn(space, filter, call)));
  // Other identities have the same subjects only where they have the same hash.
  return found.flat().filter(({ entry }) => entry.identity === identity);
}

async function entriesIn(
  { jetStream, subjects }: Space,
  filter: string,
  call: QueueCall,
): Promise<readonly PlacedEntry[]> {
  const found: PlacedEntry[] = [];
  for (let seq = 1; ; ) {
    const next = await jetStream.get(subjects.queue, { seq, next_by_subj: filter }, call);
    if (next === undefined) return found;
    found.push({ entry: entryIn(next.data), sequence: next.sequence, subject: next.subject });
    seq = next.sequence + 1;
  }
}

export function isAt({ subjects }: Space, place: string, { entry, subject }: PlacedEntry): boolean {
  return subject === subjects.entry(place, entry.identity, entry.id);
}
