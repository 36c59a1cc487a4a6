/** One delivery in this process' hands. */

import type { DurableMessage, LeasedRecipient, Settlement } from "../../slots/index.ts";
import type { Arrival } from "../duplicate-window.ts";
import type { Acknowledger, AwaitedMessage, Outcome } from "../outcome.ts";
import { type ReceivedContent, ReceivedMessage } from "../received-message.ts";
import type { Lane, LeaseState } from "./lane.ts";

/** One message, as it was leased and as its recipients read it. */
export interface LeasedContent {
  readonly message: DurableMessage;
  readonly content: ReceivedContent;
}

/** What a lease asks and tells of itself. */
export interface LeaseKeeper {
  /** Its turn has come: whether its handler may start. */
  begin(lease: Lease): boolean;
  decide(lease: Lease, outcome: Outcome): void;
}

export class Lease implements Acknowledger {
  readonly isDurable = true;
  /** The store itself knows what was handled before. */
  readonly hasInbox: boolean = false;
  readonly message: DurableMessage;
  readonly identity: string;
  readonly receipt: string;
  readonly attempt: number;
  /** Absent: its recipient is not served here. */
  readonly lane: Lane<Lease> | undefined;
  readonly received: ReceivedMessage;
  state: LeaseState = "waiting";
  /** Monotonic, counted from the sending of the request that gave or extended it. */
  endsAt: number;
  /** Monotonic. */
  startedAt = 0;
  /** The store knows already that it was handled. */
  isAcknowledged = false;
  /** Once it is settled, unless the store knows already. */
  settlement: Settlement | undefined;
  /** Where duplicates of it learn of its outcome; absent: it can't have any. */
  arrival: Arrival | undefined;
  readonly #keeper: LeaseKeeper;

  constructor(
    keeper: LeaseKeeper,
    { message, content }: LeasedContent,
    { identity, epoch, receipt, attempt }: LeasedRecipient,
    lane: Lane<Lease> | undefined,
    endsAt: number,
  ) {
    this.#keeper = keeper;
    this.message = message;
    this.identity = identity;
    this.receipt = receipt;
    this.attempt = attempt;
    this.lane = lane;
    this.endsAt = endsAt;
    this.received = new ReceivedMessage(content, identity, epoch, this);
  }

  /** Whether it is still this lease that its handler works, or will work, for. */
  get isOpen(): boolean {
    return this.state === "waiting" || this.state === "handed" || this.state === "running" || this.state === "joined";
  }

  begin(): boolean {
    return this.#keeper.begin(this);
  }

  settle(_message: AwaitedMessage, outcome: Outcome): void {
    if (this.state !== "joined") this.#keeper.decide(this, outcome);
  }
}
