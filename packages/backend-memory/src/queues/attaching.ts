/** Who is handed the mailbox of an identity. */

import type { DeadCode, Target } from "@muster/core/slots";
import type { Moment } from "./access.ts";
import { comeBack, die, release } from "./life.ts";
import { deliveriesIn, leasedIn } from "./mailbox.ts";
import type { Queues } from "./queues.ts";
import type { RefusalCode } from "./refusal.ts";
import type { Delivery, Mailbox } from "./stored.ts";

export function attach(queues: Queues, session: string, { identity, epoch }: Target): RefusalCode | undefined {
  if (queues.drops.has(identity, epoch)) return "FENCED";
  const mailbox = queues.mailboxes.provide(identity);
  if (mailbox.epoch > epoch) return "FENCED";
  if (mailbox.session?.name === session && mailbox.epoch === epoch) return undefined;
  // Whoever held them may have died of them.
  leave(queues, mailbox, comeBack);
  queues.mailboxes.attach(queues.mailboxes.provide(identity), session, epoch);
  return undefined;
}

export function detach(queues: Queues, session: string, identity: string): void {
  const mailbox = queues.mailboxes.find(identity);
  if (mailbox?.session?.name === session) leave(queues, mailbox, release);
}

function leave(queues: Queues, mailbox: Mailbox, back: (queues: Queues, delivery: Delivery) => void): void {
  for (const delivery of leasedIn(mailbox)) back(queues, delivery);
  queues.mailboxes.detach(mailbox);
}

/** Ends what was enqueued for the lives up to `epoch`, and remembers that it has. */
export function drop(
  queues: Queues,
  { identity, epoch }: Target,
  why: { readonly code: DeadCode; readonly reason: string },
  { now, knownUntil, lettersUntil }: Moment,
): void {
  queues.drops.add(identity, epoch, knownUntil);
  const mailbox = queues.mailboxes.find(identity);
  if (mailbox === undefined) return;
  if (mailbox.epoch <= epoch) leave(queues, mailbox, comeBack);
  for (const delivery of deliveriesIn(mailbox))
    if (delivery.epoch <= epoch) die(queues, delivery, why, now, lettersUntil);
}
