/** What was leased for one attached identity: handed to its mailbox one by one, oldest first. */

import type { Served } from "../../life/served.ts";
import { MusterError } from "../../slots/index.ts";
import type { Mailbox } from "../mailbox.ts";
import type { ReceivedMessage } from "../received-message.ts";

/**
 * - `waiting`: for its lane to hand it over. `handed`: it is in a mailbox. `running`: its handler has started.
 * - `joined`: the same message still runs from an earlier lease; what becomes of that becomes of this.
 * - `lost`: it runs, but somebody else may have it by now: its outcome counts for nobody but duplicates.
 * - `settled`: the store is to be told. `gone`: nothing more is to be done.
 */
export type LeaseState = "waiting" | "handed" | "running" | "joined" | "lost" | "settled" | "gone";

interface Queued {
  state: LeaseState;
  readonly received: ReceivedMessage;
}

/** @typeParam Lease its leases: `lease.ts`. */
export class Lane<Lease extends Queued> {
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

  /** One more has come by this dequeue; gives how many that are. */
  count(dequeue: number): number {
    this.brought = this.broughtBy === dequeue ? this.brought + 1 : 1;
    this.broughtBy = dequeue;
    return this.brought;
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

/** Why what was leased for it counts here no longer. */
export function givenBack({ identity }: { readonly identity: string }): MusterError<"FENCED"> {
  const message = "its registration is served here no longer, and its message goes to whoever serves it next";
  return new MusterError({ code: "FENCED", source: "core.handler", subject: identity, message });
}
