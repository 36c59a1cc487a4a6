/** What the end of a retention leaves: what is pending, and dead letters. */

import { isDeadLetter, isPending } from "./delivery.ts";
import type { Queues } from "./queues.ts";
import type { Delivery } from "./stored.ts";

export function endRetentions(queues: Queues, now: number): void {
  const { messages } = queues;
  for (let message = messages.takeOver(now); message !== undefined; message = messages.takeOver(now)) {
    for (const delivery of message.deliveries.all()) forgetSettled(queues, delivery);
    if (message.deliveries.size === 0) messages.forget(message);
  }
}

/** For whenever a delivery ends: once the retention of its message is over, nobody needs to know of it any more. */
export function forgetSettled({ messages, mailboxes }: Queues, delivery: Delivery): void {
  const { message, mailbox } = delivery;
  if (!message.isOver || isPending(delivery) || isDeadLetter(delivery)) return;
  if (delivery.state === "delivered") message.delivered -= 1;
  else message.failed -= 1;
  message.deliveries.delete(delivery);
  if (message.deliveries.size === 0) messages.forget(message);
  mailbox.known -= 1;
  mailboxes.tidy(mailbox);
}
