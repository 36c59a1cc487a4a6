/** Everything the durability slot keeps of one namespace. It decides nothing: the rules are in the files beside it. */

import { compareStrings } from "@muster/filter";
import { OrderedList } from "@muster/core/slots";
import { BucketQueue } from "./bucket-queue.ts";
import { Drops } from "./drops.ts";
import { Handled } from "./handled.ts";
import { Mailboxes } from "./mailboxes.ts";
import { Messages } from "./messages.ts";
import type { Delivery, Intake } from "./stored.ts";

export class Queues {
  readonly messages: Messages = new Messages();
  readonly mailboxes: Mailboxes = new Mailboxes();
  readonly drops: Drops = new Drops();
  readonly handled: Handled = new Handled();
  readonly deadLetters: OrderedList<Delivery> = new OrderedList(
    (a, b) =>
      compareStrings(a.mailbox.identity, b.mailbox.identity) ||
      compareStrings(a.message.content.id, b.message.content.id),
  );
  /** Each delivery to which time alone will do something, by when: see `passing-time.ts`. */
  readonly agenda: BucketQueue<Delivery> = new BucketQueue();
  #lastTurn = 0;

  /** For one call that queues something. */
  intake(expiresAt: number): Intake {
    this.#lastTurn += 1;
    return { turn: this.#lastTurn, expiresAt };
  }
}
