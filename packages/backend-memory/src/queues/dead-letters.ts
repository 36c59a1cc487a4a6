/** What ended without being handled, for people to look at. */

import type { DeadLetter, DeadLetterKey } from "@muster/core/slots";
import { compareStrings } from "@muster/filter";
import { isDeadLetter } from "./delivery.ts";
import { forgetDeadLetter, redrive } from "./life.ts";
import type { Queues } from "./queues.ts";
import type { RefusalCode } from "./refusal.ts";
import type { Delivery, Intake } from "./stored.ts";

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
      (identity !== undefined && compareStrings(letter.mailbox.identity, identity) < 0),
    pageSize,
  );
  return letters.filter((letter) => identity === undefined || letter.mailbox.identity === identity).flatMap(letterOf);
}

/** It goes to the life that is attached; without one, to the next, so that no drop that has been can come again for it. */
export function redriveLetter(
  queues: Queues,
  key: DeadLetterKey,
  { intake, maxQueued }: { readonly intake: Intake; readonly maxQueued: number },
): RefusalCode | undefined {
  const delivery = findLetter(queues, key);
  if (delivery === undefined) return "NOT_FOUND";
  const { mailbox } = delivery;
  if (mailbox.size >= maxQueued) return "QUEUE_FULL";
  delivery.epoch = Math.max(delivery.epoch, mailbox.epoch, queues.drops.lastEpoch(mailbox.identity) + 1);
  redrive(queues, delivery, intake);
  return undefined;
}

export function purgeLetter(queues: Queues, key: DeadLetterKey): RefusalCode | undefined {
  const delivery = findLetter(queues, key);
  if (delivery === undefined) return "NOT_FOUND";
  forgetDeadLetter(queues, delivery);
  return undefined;
}

function findLetter({ messages, mailboxes }: Queues, { messageId, identity }: DeadLetterKey): Delivery | undefined {
  const mailbox = mailboxes.find(identity);
  const delivery = mailbox && messages.find(messageId)?.deliveries.find(mailbox);
  return delivery !== undefined && isDeadLetter(delivery) ? delivery : undefined;
}

function compareToKey({ mailbox, message }: Delivery, key: DeadLetterKey): number {
  return compareStrings(mailbox.identity, key.identity) || compareStrings(message.content.id, key.messageId);
}

function letterOf({ message, mailbox, failure, attempts }: Delivery): readonly DeadLetter[] {
  if (failure === undefined) return [];
  const { id, contentType, sentAt, payload } = message.content;
  const { identity } = mailbox;
  return [{ ...failure, messageId: id, identity, attempts, contentType, sentAt, payload: new Uint8Array(payload) }];
}
