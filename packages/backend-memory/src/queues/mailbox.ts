/** What lies for one identity, in which order, and who it is handed to. */

import { BucketQueue } from "./bucket-queue.ts";
import type { Delivery, Mailbox, Session } from "./stored.ts";

export function newMailbox(identity: string): Mailbox {
  return {
    identity,
    first: undefined,
    last: undefined,
    size: 0,
    leased: 0,
    known: 0,
    newest: 0,
    follower: undefined,
    session: undefined,
    epoch: 0,
    attachment: 0,
    due: undefined,
    bucket: undefined,
    previous: undefined,
    next: undefined,
  };
}

export function newSession(name: string): Session {
  return { name, ready: new BucketQueue(), attached: 0 };
}

export function append(mailbox: Mailbox, delivery: Delivery): void {
  delivery.earlier = mailbox.last;
  if (mailbox.last === undefined) mailbox.first = delivery;
  else mailbox.last.later = delivery;
  mailbox.last = delivery;
  mailbox.size += 1;
}

export function takeOut(mailbox: Mailbox, delivery: Delivery): void {
  const { earlier, later } = delivery;
  if (earlier === undefined) mailbox.first = later;
  else earlier.later = later;
  if (later === undefined) mailbox.last = earlier;
  else later.earlier = earlier;
  mailbox.size -= 1;
  delivery.earlier = undefined;
  delivery.later = undefined;
}

/** In their order; what happens to one while it is looked at does not end the walk. */
export function* deliveriesIn(mailbox: Mailbox): Generator<Delivery, void, undefined> {
  let delivery = mailbox.first;
  while (delivery !== undefined) {
    const { later } = delivery;
    yield delivery;
    delivery = later;
  }
}

/** What is leased lies in front, perhaps with some between that came back: later ones were never handed out. */
export function leasedIn(mailbox: Mailbox): readonly Delivery[] {
  const leased: Delivery[] = [];
  for (const delivery of deliveriesIn(mailbox)) {
    if (leased.length === mailbox.leased) break;
    if (delivery.state === "leased") leased.push(delivery);
  }
  return leased;
}
