/** The deliveries of one message, in whatever way they are looked for. */

import { compareStrings } from "@muster/filter";
import { partition } from "@muster/core/slots";

interface Placed {
  readonly place: number;
  readonly mailbox: { readonly identity: string };
}

/**
 * Receipts name places, so a place is never given twice. What finds deliveries by mailbox or in order is made when
 * somebody first asks: of most messages nobody ever does.
 */
export class Deliveries<Delivery extends Placed> {
  readonly #places: (Delivery | undefined)[] = [];
  #byMailbox: Map<Placed["mailbox"], Delivery> | undefined;
  #ordered: readonly Delivery[] | undefined;
  #size = 0;

  get size(): number {
    return this.#size;
  }

  /** The place that the next one gets. */
  get nextPlace(): number {
    return this.#places.length;
  }

  add(delivery: Delivery): void {
    this.#places.push(delivery);
    this.#size += 1;
    this.#byMailbox?.set(delivery.mailbox, delivery);
    this.#ordered = undefined;
  }

  delete({ place, mailbox }: Delivery): void {
    this.#places[place] = undefined;
    this.#size -= 1;
    this.#byMailbox?.delete(mailbox);
    this.#ordered = undefined;
  }

  at(place: number): Delivery | undefined {
    return this.#places[place];
  }

  find(mailbox: Placed["mailbox"]): Delivery | undefined {
    this.#byMailbox ??= new Map(this.all().map((delivery) => [delivery.mailbox, delivery]));
    return this.#byMailbox.get(mailbox);
  }

  all(): readonly Delivery[] {
    return this.#places.filter((delivery) => delivery !== undefined);
  }

  /** In UTF-8 order of identity, behind `after`. */
  *inOrder(after: string | undefined): Generator<Delivery, void, undefined> {
    this.#ordered ??= [...this.all()].sort((a, b) => compareStrings(a.mailbox.identity, b.mailbox.identity));
    const ordered = this.#ordered;
    const isBefore = ({ mailbox }: Delivery): boolean =>
      after !== undefined && compareStrings(mailbox.identity, after) <= 0;
    for (let index = partition(ordered, isBefore); index < ordered.length; index += 1) yield ordered[index] as Delivery;
  }
}
