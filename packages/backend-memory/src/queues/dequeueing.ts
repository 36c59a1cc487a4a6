/** What is handed to a session next. */

import type { DequeueOptions, DurableMessage, Leased, LeasedRecipient } from "@muster/core/slots";
import { copyOf } from "./delivery.ts";
import { lease } from "./life.ts";
import type { Queues } from "./queues.ts";
import { receiptOf } from "./receipt.ts";
import type { Delivery, Mailbox, Session, StoredMessage } from "./stored.ts";

/** Recipients of one message, one after the other; a message that comes again after others has a second row. */
interface Row {
  readonly of: StoredMessage;
  readonly message: DurableMessage;
  readonly recipients: LeasedRecipient[];
}

/** As many deliveries as the options allow, the oldest of all that could be handed out each time. */
export function dequeue(
  queues: Queues,
  session: string,
  { max, maxPerIdentity, leaseMs }: DequeueOptions,
  now: number,
): readonly Leased[] {
  const served = queues.mailboxes.session(session);
  if (served === undefined) return [];
  const endsAt = now + leaseMs;
  const rows: Row[] = [];
  const unfinished = new Set<Mailbox>();
  for (let left = max; left > 0; left -= 1) {
    const mailbox = served.ready.first;
    const delivery = mailbox?.due;
    if (mailbox === undefined || delivery === undefined) break;
    lease(queues, delivery, endsAt);
    note(rows, delivery);
    const isFull = mailbox.leased >= maxPerIdentity;
    if (advance(served, mailbox, isFull ? undefined : delivery.later)) unfinished.add(mailbox);
    else unfinished.delete(mailbox);
  }
  for (const mailbox of unfinished) queues.mailboxes.relist(mailbox);
  return rows.map(({ message, recipients }) => ({ message, recipients }));
}

/** To what this call, and only this, may still hand out from a mailbox of which it has leased something. */
function advance({ ready }: Session, mailbox: Mailbox, later: Delivery | undefined): boolean {
  const isDue = later?.state === "queued";
  mailbox.due = isDue ? later : undefined;
  if (isDue) ready.put(mailbox, later.intake.turn);
  else ready.remove(mailbox);
  return isDue;
}

function note(rows: Row[], delivery: Delivery): void {
  const { message, attempts, mailbox } = delivery;
  const last = rows.at(-1);
  const row = last?.of === message ? last : { of: message, message: copyOf(message.content), recipients: [] };
  if (row !== last) rows.push(row);
  row.recipients.push({
    identity: mailbox.identity,
    epoch: mailbox.epoch,
    receipt: receiptOf(delivery),
    attempt: attempts,
  });
}
