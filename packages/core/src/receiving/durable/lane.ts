/** What was leased for one attached identity: handed to its mailbox one by one, oldest first. */

import type { Served } from "../../life/served.ts";
import type { Mailbox } from "../mailbox.ts";
import type { Lease } from "./lease.ts";

export class Lane {
  readonly served: Served;
  readonly identity: string;
  readonly epoch: number;
  readonly session: string;
  readonly mailbox: Mailbox;
  /** Nothing is handed over any more. */
  isClosed = false;
  /** Of its leases, those in this process' hands, settled or not. */
  inHands = 0;
  /** The last dequeue that has brought something. */
  broughtBy = 0;
  /** How much that was. */
  brought = 0;
  #leases: Lease[] = [];
  #isHandingOver = false;

  constructor(served: Served, mailbox: Mailbox) {
    this.served = served;
    this.identity = served.options.identity;
    this.epoch = served.epoch;
    this.session = served.session;
    this.mailbox = mailbox;
  }

  /** The first of them is with the mailbox, where any is. */
  get leases(): readonly Lease[] {
    return this.#leases;
  }

  /** Something of it is with its mailbox, or the store has yet to be told of it. */
  get isAtWork(): boolean {
    return this.inHands > this.#leases.filter((lease) => lease.state === "waiting").length;
  }

  add(lease: Lease): void {
    this.#leases.push(lease);
    this.inHands += 1;
  }

  /** Hands over as many as are handled at once, and one more. */
  handOver(): void {
    if (this.#isHandingOver) return;
    this.#isHandingOver = true;
    for (let next = this.#leases[0]; next?.state === "waiting" && !this.isClosed; next = this.#leases[0]) {
      next.state = "handed";
      this.mailbox.push(next.received);
    }
    this.#isHandingOver = false;
  }

  /** Its outcome is known, or it was lost. */
  remove(lease: Lease): void {
    if (this.#leases[0] === lease) this.#leases.shift();
    else this.#leases = this.#leases.filter((other) => other !== lease);
  }

  /** Takes away what waits, unless it is with the mailbox already. */
  takeWaiting(): readonly Lease[] {
    const waiting = this.#leases.filter((lease) => lease.state === "waiting");
    this.#leases = this.#leases.filter((lease) => lease.state !== "waiting");
    return waiting;
  }
}
