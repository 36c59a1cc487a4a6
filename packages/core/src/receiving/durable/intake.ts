/** What becomes of what a dequeue has brought. */

import { type DurabilityBackend, type Leased, type LeasedRecipient, MusterError } from "../../slots/index.ts";
import { TimeSlice } from "../../tasks/time-slice.ts";
import { ReceivedContent } from "../received-message.ts";
import type { Hands } from "./hands.ts";
import type { Lane } from "./lane.ts";
import type { Lanes } from "./lanes.ts";
import { Lease, type LeasedContent } from "./lease.ts";
import { TransactedLease, type Transactions } from "./transacted-lease.ts";

const SOURCE = "core.dequeue";

/** What one dequeue has brought, and until when (monotonic) it is leased. */
export interface Brought {
  readonly leased: readonly Leased[];
  readonly endsAt: number;
  /** Which dequeue it was. */
  readonly by: number;
}

export interface IntakeOptions {
  readonly durability: DurabilityBackend;
  readonly hands: Hands;
  readonly lanes: Lanes;
  readonly maxAttempts: number;
  /** `undefined`: the slot has none. Asked once it is open. */
  transactions(): Transactions | undefined;
  /** It has been leased to this session, which doesn't serve it. */
  onUnknown(recipient: LeasedRecipient): void;
  /** Must not throw. */
  warn(error: MusterError): void;
}

export class Intake {
  readonly #options: IntakeOptions;
  readonly #slice = new TimeSlice();

  constructor(options: IntakeOptions) {
    this.#options = options;
  }

  /**
   * Hands over, the whole of an identity at a time: of what comes back whatever lies behind it must not be handled. Gives how
   * many were for somebody here; what wasn't is settled.
   */
  async take({ leased, endsAt, by }: Brought): Promise<number> {
    const isEndless = this.#options.durability.traits.lease === "session";
    const until = isEndless ? Number.POSITIVE_INFINITY : endsAt;
    const lanes: Lane<Lease>[] = [];
    this.#slice.begin();
    let taken = 0;
    for (const { message, recipients } of leased) {
      const content = { message, content: new ReceivedContent(message) };
      for (const recipient of recipients) {
        const lane = this.#accept(content, recipient, until);
        if (lane !== undefined) {
          taken += 1;
          if (lane.count(by) === 1) lanes.push(lane);
        }
        const rest = this.#slice.step();
        if (rest !== undefined) await rest;
      }
    }
    for (const lane of lanes) {
      lane.handOver();
      const rest = this.#slice.rest();
      if (rest !== undefined) await rest;
    }
    return taken;
  }

  /** The lane in which it waits; absent: it is settled. */
  #accept(content: LeasedContent, recipient: LeasedRecipient, endsAt: number): Lane<Lease> | undefined {
    const { lanes, hands, maxAttempts } = this.#options;
    const { identity, epoch, attempt } = recipient;
    const lane = lanes.find(identity, epoch);
    const needsInbox = content.message.guarantee === "exactly-once";
    const transactions = needsInbox ? this.#options.transactions() : undefined;
    const canRun = lane !== undefined && attempt <= maxAttempts && (!needsInbox || transactions !== undefined);
    if (!canRun) {
      this.#refuse(new Lease(hands, content, recipient, undefined, endsAt), recipient, lane);
      return undefined;
    }
    const lease =
      needsInbox && transactions !== undefined
        ? new TransactedLease(transactions, hands, content, recipient, lane, endsAt)
        : new Lease(hands, content, recipient, lane, endsAt);
    hands.take(lease);
    lane.add(lease);
    return lane;
  }

  #refuse(lease: Lease, recipient: LeasedRecipient, lane: Lane<Lease> | undefined): void {
    const { hands, lanes, maxAttempts, onUnknown, warn } = this.#options;
    hands.take(lease);
    if (recipient.attempt > maxAttempts) hands.bury(lease);
    else hands.release(lease);
    if (lane === undefined && !lanes.has(recipient.identity)) onUnknown(recipient);
    if (lane !== undefined && recipient.attempt <= maxAttempts) warn(noTransactions());
  }
}

function noTransactions(): MusterError<"UNSUPPORTED"> {
  const message =
    "an exactly-once message has come, but this durability slot has no transactions; it stays in its queue";
  return new MusterError({ code: "UNSUPPORTED", source: SOURCE, message, detail: { feature: "exactly-once" } });
}
