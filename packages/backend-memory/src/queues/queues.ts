/** Everything the durability slot keeps of one namespace. It decides nothing: the rules are in the files beside it. */

import { compareStrings } from "@muster/filter";
import { OrderedList } from "../ordered-list.ts";
import { BucketQueue } from "./bucket-queue.ts";
import { Drops } from "./drops.ts";
import { Handled } from "./handled.ts";
import { Mailboxes } from "./mailboxes.ts";
import { Messages } from "./messages.ts";
import type { Delivery } from "./stored.ts";

export class Queues {
  readonly messages: Messages = new Messages();
  readonly mailboxes: Mailboxes = new Mailboxes();
  readonly drops: Drops = new Drops();
  readonly handled: Handled = new Handled();
  readonly deadLetters: OrderedList<Delivery> = new OrderedList(
    (a, b) => compareStrings(a.identity, b.identity) || compareStrings(a.message.content.id, b.message.content.id),
  );
  /** Each delivery to which time alone will do something, by when: see `passing-time.ts`. */
  readonly agenda: BucketQueue<Delivery> = new BucketQueue();
  #lastTurn = 0;

  nextTurn(): number {
    this.#lastTurn += 1;
    return this.#lastTurn;
  }
}
