/** Dead letters: read, tried again, thrown away. */

import { compareStrings } from "@muster/filter";
import type { BatchFailure, DeadLetter, DeadLetterKey, QueueFailureCode } from "@muster/core/slots";
import type { Stored } from "../jetstream/api.ts";
import type { QueueCall } from "../jetstream/call.ts";
import { scan } from "../jetstream/scan.ts";
import { type Entry, moveEntry, placeOf, putEntry } from "./entries.ts";
import { failuresOf } from "./failures.ts";
import { type LetterHead, letterIn } from "./letters.ts";
import type { Space } from "./space.ts";
import { changeState } from "./states.ts";
import { messageOf } from "./stored-messages.ts";

export interface DeadLetterQuery {
  readonly after?: DeadLetterKey;
  readonly pageSize: number;
  readonly identity?: string;
}

/** All that there are, in UTF-8 byte order of (identity, message id), behind `after`. */
export async function letterKeys(
  space: Space,
  { after, identity }: DeadLetterQuery,
  call: QueueCall,
): Promise<readonly DeadLetterKey[]> {
  const { jetStream, subjects } = space;
  const filter = identity === undefined ? subjects.allLetters : subjects.lettersOf(identity);
  const found = await scan(jetStream, subjects.records, { filter }, call);
  return found
    .map(({ data }) => letterIn(data).head)
    .filter((head) => isKept(space, head) && (identity === undefined || head.identity === identity))
    .map((head) => ({ messageId: head.id, identity: head.identity }))
    .filter((key) => after === undefined || compareKeys(key, after) > 0)
    .toSorted(compareKeys);
}

/** Those that are still there. */
export async function readLetters(
  space: Space,
  keys: readonly DeadLetterKey[],
  call: QueueCall,
): Promise<readonly DeadLetter[]> {
  const found = await Promise.all(keys.map(async (key) => letterOf(space, key, call)));
  return found.flatMap((stored) => {
    if (stored === undefined) return [];
    const { head, payload } = letterIn(stored.data);
    const { id, identity, contentType, sentAt, attempts, death } = head;
    const { code, reason, at } = death;
    return { messageId: id, identity, code, reason, attempts, contentType, sentAt, diedAt: at, payload };
  });
}

/**
 * Of several that redrive one letter the one that deletes it has done so. Its entry is there before that, and worthless for
 * as long as the letter is.
 */
export async function redriveMany(
  space: Space,
  keys: readonly DeadLetterKey[],
  { ttlMs }: { readonly ttlMs: number },
  call: QueueCall,
): Promise<readonly BatchFailure[]> {
  if (keys.length === 0) return [];
  await space.attachments.sync();
  const expiresAt = space.clock.now + ttlMs;
  const codes = await Promise.all(keys.map(async (key) => redrive(space, key, expiresAt, call)));
  return failuresOf(codes, call.operation, (index) => keys[index]?.identity ?? "");
}

export async function purgeMany(
  space: Space,
  keys: readonly DeadLetterKey[],
  call: QueueCall,
): Promise<readonly BatchFailure[]> {
  const codes = await Promise.all(keys.map(async (key) => purge(space, key, call)));
  return failuresOf(codes, call.operation, (index) => keys[index]?.identity ?? "");
}

async function redrive(
  space: Space,
  key: DeadLetterKey,
  expiresAt: number,
  call: QueueCall,
): Promise<QueueFailureCode | undefined> {
  const { attachments, jetStream, messages, subjects } = space;
  const stored = await letterOf(space, key, call);
  if (stored === undefined) return "NOT_FOUND";
  const { head, payload } = letterIn(stored.data);
  const { identity, id, death } = head;
  await messages.store(messageOf(head, payload), expiresAt, call);
  const place = placeOf(space, identity);
  const attachment = attachments.of(identity);
  const epoch = Math.max((attachment?.dropped?.epoch ?? -1) + 1, attachment?.epoch ?? 0);
  const revives = { death: death.id, letter: stored.sequence };
  const entry: Entry = { identity, id, epoch, expiresAt, revives, isMoved: true };
  const published = await putEntry(space, place, entry, call);
  const isOurs = await jetStream.delete(subjects.records, stored.sequence, call);
  if (isOurs)
    await changeState(
      space,
      { id, identity },
      (state) => (state?.death?.id === death.id ? { identity, is: "queued", attempts: 0, expiresAt } : undefined),
      call,
    );
  await attachments.sync();
  if (!("refused" in published) && placeOf(space, identity) !== place)
    await moveEntry(space, { entry, sequence: published.sequence }, call);
  return isOurs ? undefined : "NOT_FOUND";
}

async function purge(space: Space, key: DeadLetterKey, call: QueueCall): Promise<QueueFailureCode | undefined> {
  const stored = await letterOf(space, key, call);
  if (stored === undefined) return "NOT_FOUND";
  const { id, identity, death } = letterIn(stored.data).head;
  await changeState(
    space,
    { id, identity },
    (state) => (state?.is === "dead" && state.death?.id === death.id ? { ...state, is: "purged" } : undefined),
    call,
  );
  const isOurs = await space.jetStream.delete(space.subjects.records, stored.sequence, call);
  return isOurs ? undefined : "NOT_FOUND";
}

async function letterOf(
  space: Space,
  { identity, messageId }: DeadLetterKey,
  call: QueueCall,
): Promise<Stored | undefined> {
  const { records } = space.subjects;
  const stored = await space.last(records, space.subjects.letter(identity, messageId), call);
  return stored !== undefined && isKept(space, letterIn(stored.data).head) ? stored : undefined;
}

function isKept({ scope, clock }: Space, { death }: LetterHead): boolean {
  return death.at + scope.deadLetterRetentionMs > clock.now;
}

function compareKeys(one: DeadLetterKey, other: DeadLetterKey): number {
  return compareStrings(one.identity, other.identity) || compareStrings(one.messageId, other.messageId);
}
