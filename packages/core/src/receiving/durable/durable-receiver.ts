/** This process' end of the durability slot: whose queues it is handed, and what becomes of what is in them. */

import { codedError } from "../../call.ts";
import type { Timing } from "../../context.ts";
import type { Served } from "../../life/served.ts";
import type { Session } from "../../life/session.ts";
import type { Limits } from "../../limits.ts";
import type { Agenda } from "../../tasks/agenda.ts";
import type { Background } from "../../tasks/background.ts";
import type { Batcher } from "../../tasks/coalesce.ts";
import { retry } from "../../tasks/retry.ts";
import { TimeSlice } from "../../tasks/time-slice.ts";
import {
  type Call,
  type DurabilityBackend,
  type DurableMessage,
  isMusterError,
  type Leased,
  type LeasedRecipient,
  type MessagingBackend,
  MusterError,
  type Target,
} from "../../slots/index.ts";
import type { Mailbox } from "../mailbox.ts";
import { ReceivedContent } from "../received-message.ts";
import { type AttachBatcher, createAttachBatcher, createDropBatcher } from "./attaching.ts";
import { Consumer, MAX_PER_IDENTITY } from "./consumer.ts";
import { Hands } from "./hands.ts";
import { Lane } from "./lane.ts";
import { Lanes } from "./lanes.ts";
import { Lease } from "./lease.ts";
import { sendReceipts } from "./receipts.ts";
import { Settler } from "./settler.ts";
import { TransactedLease, type Transactions } from "./transacted-lease.ts";

const SOURCE = "core.durable";

export interface DurableReceiverOptions {
  readonly durability: DurabilityBackend;
  readonly messaging: MessagingBackend | undefined;
  readonly session: Pick<Session, "id" | "live">;
  readonly agenda: Agenda;
  readonly background: Background;
  readonly timing: Timing;
  readonly limits: Limits;
  warn(error: MusterError): void;
}

export class DurableReceiver {
  readonly #options: DurableReceiverOptions;
  readonly #attacher: AttachBatcher;
  readonly #dropper: Batcher<Target, undefined>;
  readonly #lanes: Lanes;
  readonly #hands: Hands;
  readonly #settler: Settler;
  readonly #consumer: Consumer;
  readonly #transactions: Transactions | undefined;
  readonly #slice = new TimeSlice();
  readonly #warned = new Set<string>();

  constructor(options: DurableReceiverOptions) {
    this.#options = options;
    const { durability, agenda, timing, limits, session, warn } = options;
    const { timeoutMs, maxHandlerMs, pollIntervalMs } = timing;
    const leaseMs = (): number => this.#leaseMs();
    const slot = { durability, agenda, timeoutMs, warn };
    this.#attacher = createAttachBatcher(durability, timeoutMs);
    const unregistered = { code: "UNREGISTERED", reason: "it was unregistered" } as const;
    this.#dropper = createDropBatcher(durability, timeoutMs, unregistered);
    this.#lanes = new Lanes({ drop: (lane) => this.#drop(lane), detach: (lane) => this.#detach(lane) });
    this.#settler = new Settler({
      ...slot,
      onTold: (leases) => this.#told(leases),
      onFailed: (lease) => {
        this.#hands.remember(lease);
        this.#hands.forget(lease);
      },
    });
    this.#hands = new Hands({
      durability,
      agenda,
      maxHandlerMs,
      maxAttempts: limits.maxAttempts,
      get leaseMs() {
        return leaseMs();
      },
      onSettled: (lease) => this.#settle(lease),
      onGone: ({ lane }) => {
        if (lane === undefined) return;
        lane.inHands -= 1;
        if (lane.isClosed) this.#lanes.leaveIfDone(lane);
      },
    });
    const { lanes, hands } = { lanes: this.#lanes, hands: this.#hands };
    this.#consumer = new Consumer({
      ...slot,
      pollIntervalMs,
      get leaseMs() {
        return leaseMs();
      },
      get session() {
        return session.live && lanes.size > 0 ? session.id : undefined;
      },
      get room() {
        return limits.prefetch - hands.size;
      },
      take: (leased, endsAt) => this.#take(leased, endsAt),
    });
    const facet = durability.transactions;
    const onFailure = (lease: Lease, error: MusterError): void => this.#failed(lease, error);
    this.#transactions = facet === undefined ? undefined : { facet, maxHandlerMs, onFailure };
  }

  /**
   * Resolves when this process is handed the queue of a registration that lives here. False: another life of it is, or it
   * has been dropped.
   *
   * @throws TIMEOUT, ABORTED; what `attachMany` throws. Then it is detached again.
   */
  async attach(served: Served, mailbox: Mailbox, call: Call): Promise<boolean> {
    const lane = new Lane(served, mailbox);
    const { session, identity, epoch } = lane;
    this.#lanes.open(lane);
    this.#consumer.poll(true);
    try {
      const failure = await retry(call, SOURCE, async () => {
        const failed = await this.#attacher.submit({ as: "attach", session, identity, epoch }, call);
        if (failed !== undefined && failed.code !== "FENCED") throw failed;
        return failed;
      });
      if (failure === undefined) this.ring();
      else void this.detach(identity, epoch);
      return failure === undefined;
    } catch (error) {
      void this.detach(identity, epoch);
      throw error;
    }
  }

  /**
   * Nothing more is handed over from now on. Resolves when what runs has finished, the store knows of it, and the queue is
   * somebody else's to have; never rejects.
   */
  detach(identity: string, epoch: number): Promise<void> | undefined {
    const detached = this.#lanes.close(identity, epoch);
    if (this.#lanes.size === 0) this.#consumer.poll(false);
    return detached;
  }

  /** What runs for it has lost its use: its registration has ended without anybody here wanting it. */
  abandon(identity: string, epoch: number, reason: unknown): void {
    const lane = this.#lanes.find(identity, epoch);
    for (const lease of lane?.leases ?? []) if (lease.state === "running") lease.received.abandon(reason);
  }

  /** There may be something for those who are attached here. */
  ring(): void {
    this.#consumer.ring();
  }

  /** Ends what is queued for a registration that is gone. @throws what `dropMany` throws; TIMEOUT, ABORTED. */
  async drop(target: Target, call: Call): Promise<void> {
    await retry(call, SOURCE, () => this.#dropper.submit(target, call));
  }

  /** After everything was detached, or has had its time: what still runs is given back, untried. */
  async close(): Promise<void> {
    await this.#consumer.stop();
    await this.#settler.idle();
    await this.#lanes.leaveAll();
  }

  #leaseMs(): number {
    const { minLeaseMs, maxLeaseMs } = this.#options.durability.traits;
    return Math.min(Math.max(this.#options.timing.handlerLeaseMs, minLeaseMs), maxLeaseMs);
  }

  /** All of an identity first: what comes back must stop those behind it. */
  async #take(leased: readonly Leased[], endsAt: number): Promise<number> {
    const lanes: Lane[] = [];
    let taken = 0;
    for (const { message, recipients } of leased) {
      const content = new ReceivedContent(message);
      for (const recipient of recipients) {
        const lane = this.#lanes.find(recipient.identity, recipient.epoch);
        const lease = this.#lease(message, content, recipient, lane, endsAt);
        if (lease.lane === undefined) continue;
        taken += 1;
        if (this.#add(lease.lane, lease)) lanes.push(lease.lane);
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

  /** Without a lane: it is settled already. */
  #lease(
    message: DurableMessage,
    content: ReceivedContent,
    recipient: LeasedRecipient,
    lane: Lane | undefined,
    endsAt: number,
  ): Lease {
    const { traits } = this.#options.durability;
    const until = traits.lease === "session" ? Number.POSITIVE_INFINITY : endsAt;
    const isOver = recipient.attempt > this.#options.limits.maxAttempts;
    const needsInbox = message.guarantee === "exactly-once";
    const isTaken = lane !== undefined && !isOver && (!needsInbox || this.#transactions !== undefined);
    const place = isTaken ? lane : undefined;
    const lease =
      needsInbox && this.#transactions !== undefined
        ? new TransactedLease(this.#transactions, this.#hands, message, content, recipient, place, until)
        : new Lease(this.#hands, message, content, recipient, place, until);
    this.#hands.take(lease);
    if (isTaken) return lease;
    if (isOver) this.#hands.bury(lease);
    else this.#hands.release(lease);
    if (lane === undefined && !this.#lanes.has(recipient.identity)) this.#detachUnknown(recipient);
    if (lane !== undefined && needsInbox && !isOver) this.#warnOnce(noTransactions());
    return lease;
  }

  /** Whether it is the first that this dequeue has brought for the lane. */
  #add(lane: Lane, lease: Lease): boolean {
    const isFirst = lane.broughtBy !== this.#consumer.dequeues;
    lane.add(lease);
    lane.brought = isFirst ? 1 : lane.brought + 1;
    lane.broughtBy = this.#consumer.dequeues;
    return isFirst;
  }

  #settle(lease: Lease): void {
    const { settlement } = lease;
    const { durability, agenda } = this.#options;
    if (settlement?.as !== "retry" || durability.traits.delay) this.#settler.add(lease);
    else agenda.after(settlement.delayMs ?? 0, () => this.#settler.add(lease)); // The store would give it back at once.
  }

  #told(leases: readonly Lease[]): void {
    let isMoreDue = false;
    for (const lease of leases) {
      const { lane, settlement } = lease;
      this.#hands.forget(lease);
      if (settlement?.as === "retry") this.#consumer.ringAfter(settlement.delayMs ?? 0);
      else if (settlement?.as !== "release" && lane !== undefined) isMoreDue ||= this.#mayHaveMore(lane);
    }
    const { messaging, background } = this.#options;
    if (messaging !== undefined) sendReceipts({ messaging, background }, leases);
    if (isMoreDue) this.#consumer.ring();
    else this.#consumer.resume();
  }

  /** What was in hand has kept back what came later; or there was more than one dequeue brings. */
  #mayHaveMore(lane: Lane): boolean {
    if (lane.isClosed || lane.inHands > 0) return false;
    const isBlocking = this.#options.durability.traits.order === "fifo";
    return lane.brought >= MAX_PER_IDENTITY || (isBlocking && lane.broughtBy < this.#consumer.dequeues);
  }

  #failed(lease: Lease, error: MusterError): void {
    if (isMusterError(error, "FENCED")) {
      this.#hands.lose(lease, error);
      return;
    }
    this.#warnOnce(error);
    this.#hands.decide(lease, { as: "thrown", error });
  }

  /** Its leases end with its detachment, or have ended already. */
  #drop(lane: Lane): void {
    for (const lease of lane.takeWaiting()) this.#hands.forget(lease);
  }

  async #detach({ session, identity, epoch }: Lane): Promise<void> {
    if (session !== this.#options.session.id) return; // Nothing is handed to that one any more.
    try {
      await this.#attacher.submit({ as: "detach", session, identity, epoch });
    } catch (cause) {
      const error = codedError(cause, SOURCE);
      if (error.code !== "CLOSED") this.#options.warn(error);
    }
  }

  /** Left over from an earlier life here. */
  #detachUnknown({ identity, epoch }: LeasedRecipient): void {
    const session = this.#options.session.id;
    this.#attacher
      .submit({ as: "detach", session, identity, epoch })
      .catch((cause: unknown) => this.#warnOnce(codedError(cause, SOURCE)));
  }

  #warnOnce(error: MusterError): void {
    if (this.#warned.has(error.code)) return;
    this.#warned.add(error.code);
    this.#options.warn(error);
  }
}

function noTransactions(): MusterError<"UNSUPPORTED"> {
  const message =
    "an exactly-once message has come, but this durability slot has no transactions; it stays in its queue";
  return new MusterError({ code: "UNSUPPORTED", source: SOURCE, message, detail: { feature: "exactly-once" } });
}
