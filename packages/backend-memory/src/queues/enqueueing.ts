/** Which targets of a message get a delivery. */

import type { Target } from "@muster/core/slots";
import { newDelivery } from "./delivery.ts";
import { queue } from "./life.ts";
import type { Queues } from "./queues.ts";
import type { RefusalCode } from "./refusal.ts";
import type { StoredMessage } from "./stored.ts";

export function enqueue(
  queues: Queues,
  message: StoredMessage,
  { identity, epoch }: Target,
  options: { readonly turn: number; readonly expiresAt: number; readonly maxQueued: number },
): RefusalCode | undefined {
  if (message.deliveries.has(identity)) return undefined;
  if (queues.drops.has(identity, epoch)) return "UNREGISTERED";
  const mailbox = queues.mailboxes.provide(identity);
  if (mailbox.size >= options.maxQueued) return "QUEUE_FULL";
  const delivery = newDelivery(message, identity, epoch, options.expiresAt);
  message.deliveries.set(identity, delivery);
  message.ordered = undefined;
  queue(queues, delivery, mailbox, options.turn);
  return undefined;
}
