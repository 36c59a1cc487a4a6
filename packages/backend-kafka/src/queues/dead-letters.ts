/** The dead-letter facet. All letters of the shards in question are read each time, and sorted in memory. */

import {
  type BatchFailure,
  type Call,
  type DeadLetter,
  type DeadLetterFacet,
  type DeadLetterKey,
  queueFailure,
} from "@muster/core/slots";
import { codedError, NAME } from "../errors.ts";
import { encodeFrame } from "./frames.ts";
import { MAX_RECORD_BYTES, rankNow } from "./enqueueing.ts";
import { type Letter, letterKey, lettersIn, unbury } from "./letters.ts";
import type { RedriveRecord } from "./position-records.ts";
import { roundsOf } from "./rounds.ts";
import type { Space } from "./space.ts";

export type LetterQuery = Parameters<DeadLetterFacet["list"]>[0];

/** All of them behind `after`, in UTF-8 order of identity and then of message id. */
export async function sortedLetters(space: Space, query: LetterQuery, call: Call): Promise<readonly DeadLetter[]> {
  const operation = "list";
  await space.barrier.pass(operation);
  const { after, identity } = query;
  const shards = identity === undefined ? space.allShards() : [space.shardOf(identity)];
  const since = Date.now() - space.durability.deadLetterRetentionMs;
  const sortable: { readonly letter: Letter; readonly by: readonly [Buffer, Buffer] }[] = [];
  const edge = after && ([Buffer.from(after.identity), Buffer.from(after.messageId)] as const);
  for await (const letter of lettersIn(space, shards, call, operation)) {
    if (letter.diedAt <= since || (identity !== undefined && letter.identity !== identity)) continue;
    const by = [Buffer.from(letter.identity), Buffer.from(letter.messageId)] as const;
    if (edge === undefined || compare(by, edge) > 0) sortable.push({ letter, by });
  }
  sortable.sort((a, b) => compare(a.by, b.by));
  return sortable.map(({ letter }) => toldOf(letter));
}

/** The record in `q` counts once `pos` says so, and from then on the letter is none. */
export async function redriveMany(
  space: Space,
  keys: readonly DeadLetterKey[],
  { ttlMs }: { readonly ttlMs: number },
  call: Call,
): Promise<readonly BatchFailure[]> {
  const operation = "redriveMany";
  const { found, failures } = await find(space, keys, call, operation);
  const expiresAt = Date.now() + ttlMs;
  const written = found.map(({ index, letter }) => ({ index, letter, value: frameOf(space, letter, expiresAt) }));
  type Written = (typeof written)[number];
  const of = { shard: ({ letter }: Written) => letter.shard, bytes: ({ value }: Written) => value.length + 64 };
  for (const round of roundsOf(written, of, MAX_RECORD_BYTES)) {
    const entries = new Map(
      [...round].map(([shard, some]) => [shard, some.map(({ value }) => ({ key: null, value }))]),
    );
    const results = await space.wire.produce("q", entries, call, operation);
    const placed: (Written & { readonly offset: number })[] = [];
    for (const [shard, some] of round) {
      const result = results.get(shard);
      for (const [place, one] of some.entries())
        if (typeof result === "number") placed.push({ ...one, offset: result + place });
        else failures.push({ index: one.index, error: codedError(result, { operation, mayHaveApplied: true }) });
    }
    failures.push(...(await mark(space, placed, expiresAt, call)));
  }
  return failures.sort((a, b) => a.index - b.index);
}

async function mark(
  space: Space,
  placed: readonly { readonly index: number; readonly letter: Letter; readonly offset: number }[],
  expiresAt: number,
  call: Call,
): Promise<readonly BatchFailure[]> {
  const operation = "redriveMany";
  const posts = placed.map(({ letter: { shard, identity, messageId, generation }, offset }) => {
    const record: RedriveRecord = { kind: "redrive", identity, messageId, generation, offset, expiresAt };
    return { shard, record };
  });
  const verdicts = await space.ledger.write(posts, call, operation);
  const failures: BatchFailure[] = [];
  const redriven: Letter[] = [];
  for (const [at, { index, letter }] of placed.entries()) {
    const verdict = verdicts[at] ?? false;
    if (verdict === true) redriven.push(letter);
    else if (verdict === false)
      failures.push({ index, error: queueFailure("NOT_FOUND", `${NAME}.${operation}`, letter.identity) });
    else failures.push({ index, error: codedError(verdict, { operation, mayHaveApplied: true }) });
  }
  await unbury(space, redriven, call, operation); // Where that fails a sweep will do it: nobody sees them any more.
  return failures;
}

export async function purgeMany(
  space: Space,
  keys: readonly DeadLetterKey[],
  call: Call,
): Promise<readonly BatchFailure[]> {
  const operation = "purgeMany";
  const { found, failures } = await find(space, keys, call, operation);
  const letters = found.map(({ letter }) => letter);
  const results = await unbury(space, letters, call, operation);
  for (const { index, letter } of found) {
    const result = results.get(letter.shard);
    if (typeof result !== "number")
      failures.push({ index, error: codedError(result, { operation, mayHaveApplied: true }) });
  }
  return failures.sort((a, b) => a.index - b.index);
}

/** Each letter once. */
async function find(
  space: Space,
  keys: readonly DeadLetterKey[],
  call: Call,
  operation: string,
): Promise<{
  readonly found: readonly { readonly index: number; readonly letter: Letter }[];
  failures: BatchFailure[];
}> {
  await space.barrier.pass(operation);
  const wanted = new Set(keys.map(letterKey));
  const shards = new Set(keys.map(({ identity }) => space.shardOf(identity)));
  const since = Date.now() - space.durability.deadLetterRetentionMs;
  const letters = new Map<string, Letter>();
  for await (const letter of lettersIn(space, shards, call, operation))
    if (letter.diedAt > since && wanted.has(letterKey(letter))) letters.set(letterKey(letter), letter);
  const found: { readonly index: number; readonly letter: Letter }[] = [];
  const failures: BatchFailure[] = [];
  for (const [index, key] of keys.entries()) {
    const letter = letters.get(letterKey(key));
    letters.delete(letterKey(key));
    if (letter !== undefined) found.push({ index, letter });
    else failures.push({ index, error: queueFailure("NOT_FOUND", `${NAME}.${operation}`, key.identity) });
  }
  return { found, failures };
}

/** It goes to the life that is attached; without one, to the next, so that no drop that has been can come again for it. */
function frameOf({ table }: Space, letter: Letter, expiresAt: number): Buffer {
  const { messageId: id, identity, contentType, sentAt, guarantee, replyTo, payload, generation } = letter;
  const known = table.get(identity);
  const epoch = Math.max(known?.owner?.epoch ?? 0, (known?.dropped ?? -1) + 1);
  const message = { id, contentType, sentAt, guarantee, replyTo, payload };
  return encodeFrame({ message, expiresAt, rank: rankNow(), generation, recipients: [{ identity, epoch }] });
}

function toldOf({
  messageId,
  identity,
  code,
  reason,
  attempts,
  contentType,
  sentAt,
  diedAt,
  payload,
}: Letter): DeadLetter {
  return { messageId, identity, code, reason, attempts, contentType, sentAt, diedAt, payload };
}

function compare(a: readonly [Buffer, Buffer], b: readonly [Buffer, Buffer]): number {
  return Buffer.compare(a[0], b[0]) || Buffer.compare(a[1], b[1]);
}
