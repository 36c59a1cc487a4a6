/** What ended without being handled, for people to look at. */

import type { DeadLetter, DeadLetterKey } from "@muster/core/slots";
import { compareStrings } from "@muster/filter";
import { forgetDeadLetter, isDeadLetter, redrive } from "./life.ts";
import type { Queues } from "./queues.ts";
import type { RefusalCode } from "./refusal.ts";
import type { Delivery } from "./stored.ts";

export interface LetterQuery {
  readonly after?: DeadLetterKey;
  readonly pageSize: number;
  readonly identity?: string;
}

export function lettersBehind(
  { deadLetters }: Queues,
  { after, pageSize, identity }: LetterQuery,
): readonly DeadLetter[] {
  const letters = deadLetters.take(
    (letter) =>
      (after !== undefined && compareToKey(letter, after) <= 0) ||
      (identity !== undefined && compareStrings(letter.identity, identity) < 0),
    pageSize,
  );
  return letters.filter((letter) => identity === undefined || letter.identity === identity).flatMap(letterOf);
}

/** It goes to the life that is attached; without one, to the next, so that no drop that has been can come again for it. */
export function redriveLetter(
  queues: Queues,
  key: DeadLetterKey,
  options: { readonly turn: number; readonly expiresAt: number; readonly maxQueued: number },
): RefusalCode | undefined {
  const delivery = findLetter(queues, key);
  if (delivery === undefined) return "NOT_FOUND";
  const mailbox = queues.mailboxes.provide(delivery.identity);
  if (mailbox.size >= options.maxQueued) return "QUEUE_FULL";
  delivery.epoch = Math.max(delivery.epoch, mailbox.epoch, queues.drops.lastEpoch(delivery.identity) + 1);
  delivery.expiresAt = options.expiresAt;
  redrive(queues, delivery, mailbox, options.turn);
  return undefined;
}

export function purgeLetter(queues: Queues, key: DeadLetterKey): RefusalCode | undefined {
  const delivery = findLetter(queues, key);
  if (delivery === undefined) return "NOT_FOUND";
  forgetDeadLetter(queues, delivery);
  return undefined;
}

function findLetter({ messages }: Queues, { messageId, identity }: DeadLetterKey): Delivery | undefined {
  const delivery = messages.find(messageId)?.deliveries.get(identity);
  return delivery !== undefined && isDeadLetter(delivery) ? delivery : undefined;
}

function compareToKey({ identity, message }: Delivery, key: DeadLetterKey): number {
  return compareStrings(identity, key.identity) || compareStrings(message.content.id, key.messageId);
}

function letterOf({ message, identity, failure, attempts }: Delivery): readonly DeadLetter[] {
  if (failure === undefined) return [];
  const { id, contentType, sentAt, payload } = message.content;
  return [{ ...failure, messageId: id, identity, attempts, contentType, sentAt, payload: new Uint8Array(payload) }];
}
