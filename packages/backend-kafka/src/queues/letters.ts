/** Dead letters: the topic that compaction keeps one record of each in. */

import { randomUUID } from "node:crypto";
import type { Call, DeadCode, DeadLetter, DurableMessage, MusterError } from "@muster/core/slots";
import { codedError } from "../errors.ts";
import { headAndBody, withHead } from "./bytes.ts";
import { MAX_RECORD_BYTES } from "./enqueueing.ts";
import { repetitionKey } from "./frames.ts";
import type { Item } from "./mailbox.ts";
import { roundsOf } from "./rounds.ts";
import { scan } from "./scanning.ts";
import type { Space } from "./space.ts";
import type { Entry } from "./wire.ts";

/** A delivery that ends as one. */
export interface Dead {
  readonly item: Item;
  readonly code: DeadCode;
  readonly reason: string;
  readonly attempts: number;
}

export interface Letter extends DeadLetter {
  readonly shard: number;
  /** Another one each time it dies. */
  readonly generation: string;
  readonly guarantee: DurableMessage["guarantee"];
  readonly replyTo: string | undefined;
}

export interface LetterName {
  readonly messageId: string;
  readonly identity: string;
}

export function letterKey({ identity, messageId }: LetterName): string {
  return JSON.stringify([identity, messageId]);
}

/** Why those are not buried. */
export async function bury(
  space: Space,
  dead: readonly Dead[],
  call: Call,
  operation: string,
): Promise<ReadonlyMap<Item, MusterError>> {
  const failures = new Map<Item, MusterError>();
  const written = dead.map((one) => ({ one, entry: entryOf(one) }));
  const of = {
    shard: ({ one }: (typeof written)[number]) => one.item.mailbox.shard,
    bytes: ({ entry }: (typeof written)[number]) => 2 * (entry.key?.length ?? 0) + (entry.value?.length ?? 0) + 64,
  };
  for (const round of roundsOf(written, of, MAX_RECORD_BYTES)) {
    const entries = new Map([...round].map(([shard, some]) => [shard, some.map(({ entry }) => entry)]));
    const results = await space.wire.produce("dead", entries, call, operation);
    for (const [shard, some] of round) {
      const result = results.get(shard);
      if (typeof result === "number") continue;
      const error = codedError(result, { operation, mayHaveApplied: true });
      for (const { one } of some) failures.set(one.item, error);
    }
  }
  return failures;
}

/** Those that are kept and have not been redriven, of these shards, in no order. @throws MusterError */
export async function* lettersIn(
  space: Space,
  shards: Iterable<number>,
  call: Call,
  operation: string,
  { withRedriven = false }: { readonly withRedriven?: boolean } = {},
): AsyncGenerator<Letter, void, undefined> {
  const letters = new Map<string, Letter>();
  const from = new Map([...shards].map((shard) => [shard, 0]));
  for await (const { shard, records } of scan(space.wire, "dead", from, call, operation)) {
    for (const { key, value } of records) {
      const letter = value === null ? undefined : letterOf(value, shard);
      if (letter === undefined) letters.delete(key);
      else letters.set(key, letter);
    }
  }
  for (const letter of letters.values()) if (withRedriven || !isRedriven(space, letter)) yield letter;
}

export function isRedriven({ table }: Space, { identity, messageId, generation }: Letter): boolean {
  return table.get(identity)?.redriven.has(repetitionKey(messageId, generation)) === true;
}

/** They are none any more. @returns by shard, whether that is certain */
export async function unbury(
  space: Space,
  letters: readonly Letter[],
  call: Call,
  operation: string,
): Promise<ReadonlyMap<number, number | Error>> {
  const entries = new Map<number, Entry[]>();
  for (const letter of letters) {
    const some = entries.get(letter.shard) ?? [];
    entries.set(letter.shard, some);
    some.push({ key: letterKey(letter), value: null });
  }
  return entries.size === 0 ? new Map() : space.wire.produce("dead", entries, call, operation);
}

function entryOf({ item, code, reason, attempts }: Dead): Entry {
  const { message } = item.frame;
  const { identity } = item.mailbox;
  const { id: messageId, contentType, sentAt, guarantee, replyTo, payload } = message;
  const what = [messageId, identity, contentType, sentAt, guarantee, replyTo ?? null];
  return {
    key: letterKey({ messageId, identity }),
    value: withHead([...what, code, reason, attempts, Date.now(), randomUUID()], payload),
  };
}

function letterOf(value: Buffer, shard: number): Letter | undefined {
  const record = headAndBody(value);
  if (record === undefined) return undefined;
  const [messageId, identity, contentType, sentAt, guarantee, replyTo, code, reason, attempts, diedAt, generation] =
    record.head;
  if (typeof messageId !== "string" || typeof identity !== "string" || typeof generation !== "string") return undefined;
  return {
    ...{ messageId, identity, generation, shard },
    contentType: String(contentType),
    sentAt: Number(sentAt),
    guarantee: guarantee === "exactly-once" ? guarantee : "at-least-once",
    replyTo: typeof replyTo === "string" ? replyTo : undefined,
    code: code as DeadCode, // As it was buried.
    reason: String(reason),
    attempts: Number(attempts),
    diedAt: Number(diedAt),
    payload: Uint8Array.from(record.body),
  };
}
