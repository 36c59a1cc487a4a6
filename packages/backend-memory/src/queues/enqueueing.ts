/** Which targets of a message get a delivery. */

import type { Target } from "@muster/core/slots";
import { newDelivery } from "./delivery.ts";
import { queue } from "./life.ts";
import type { Queues } from "./queues.ts";
import type { RefusalCode } from "./refusal.ts";
import type { Intake, Mailbox, StoredMessage } from "./stored.ts";

export function enqueue(
  queues: Queues,
  message: StoredMessage,
  { identity, epoch }: Target,
  { intake, maxQueued }: { readonly intake: Intake; readonly maxQueued: number },
): RefusalCode | undefined {
  const mailbox = queues.mailboxes.provide(identity);
  if (has(mailbox, message)) return undefined;
  if (queues.drops.has(identity, epoch) || mailbox.size >= maxQueued) {
    queues.mailboxes.tidy(mailbox);
    return queues.drops.has(identity, epoch) ? "UNREGISTERED" : "QUEUE_FULL";
  }
  const delivery = newDelivery(message, mailbox, epoch, intake);
  message.deliveries.add(delivery);
  mailbox.known += 1;
  mailbox.newest = Math.max(mailbox.newest, message.number);
  queue(queues, delivery);
  return undefined;
}

/** Mostly told by the numbers alone: a message is looked for only in mailboxes that have had a later one, or itself. */
function has(mailbox: Mailbox, message: StoredMessage): boolean {
  return message.number <= mailbox.newest && message.deliveries.find(mailbox) !== undefined;
}
