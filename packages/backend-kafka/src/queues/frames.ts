/** Records of `q`: a message, with those of its recipients that have the same shard. */

import type { DurableMessage } from "@muster/core/slots";
import { headAndBody, withHead } from "./bytes.ts";

export interface Recipient {
  readonly identity: string;
  /** That it was enqueued for. */
  readonly epoch: number;
}

/** One record. What `A/B` is to two records of one message is decided by {@link repetitionKey}. */
export interface Frame {
  readonly message: DurableMessage;
  /** Epoch ms by the sender's clock. */
  readonly expiresAt: number;
  /** Sender's clock, in ms and fractions: what comes first among several shards. */
  readonly rank: number;
  /** Of the dead letter that is tried again. It counts only once `pos` says so; absent: it is no redrive. */
  readonly generation: string | undefined;
  readonly recipients: readonly Recipient[];
}

export function encodeFrame({ message, expiresAt, rank, generation, recipients }: Frame): Buffer {
  const { id, contentType, sentAt, guarantee, replyTo, payload } = message;
  const flat = recipients.flatMap(({ identity, epoch }) => [identity, epoch]);
  return withHead(
    [id, contentType, sentAt, guarantee, replyTo ?? null, expiresAt, rank, generation ?? null, flat],
    payload,
  );
}

/** `undefined`: it is nobody's. */
export function decodeFrame(value: Buffer | null): Frame | undefined {
  const record = value === null ? undefined : headAndBody(value);
  if (record === undefined) return undefined;
  const [id, contentType, sentAt, guarantee, replyTo, expiresAt, rank, generation, flat] = record.head;
  if (typeof id !== "string" || typeof contentType !== "string" || !Array.isArray(flat)) return undefined;
  return {
    message: {
      id,
      contentType,
      sentAt: Number(sentAt),
      guarantee: guarantee === "exactly-once" ? guarantee : "at-least-once",
      replyTo: typeof replyTo === "string" ? replyTo : undefined,
      payload: record.body,
    },
    expiresAt: Number(expiresAt),
    rank: Number(rank),
    generation: typeof generation === "string" ? generation : undefined,
    recipients: recipientsIn(flat),
  };
}

/** Records of one recipient that have the same are one delivery. */
export function repetitionKey(messageId: string, generation: string | undefined): string {
  return generation === undefined ? messageId : `${messageId}\0${generation}`;
}

/** Bytes that a recipient takes in a record, at most. */
export function bytesOf({ identity }: Recipient): number {
  return 6 * Buffer.byteLength(identity) + 24;
}

function recipientsIn(flat: readonly unknown[]): readonly Recipient[] {
  const recipients: Recipient[] = [];
  for (let at = 0; at + 1 < flat.length; at += 2) {
    const [identity, epoch] = [flat[at], flat[at + 1]];
    if (typeof identity === "string" && typeof epoch === "number") recipients.push({ identity, epoch });
  }
  return recipients;
}
