/** This process' end of the durability slot: whose queues it is handed, and what becomes of what is in them. */

import { codedError } from "../../call.ts";
import type { Timing } from "../../timing.ts";
import type { Served } from "../../life/served.ts";
import type { Session } from "../../life/session.ts";
import type { Limits } from "../../limits.ts";
import type { Agenda } from "../../tasks/agenda.ts";
import type { Background } from "../../tasks/background.ts";
import type { Batcher } from "../../tasks/coalesce.ts";
import { retry } from "../../tasks/retry.ts";
import { warnOnce } from "../../tasks/warn-once.ts";
import type { Call, DurabilityBackend, MessagingBackend, MusterError, Target } from "../../slots/index.ts";
import type { Mailbox } from "../mailbox.ts";
import { type AttachBatcher, type Attaching, createAttachBatcher, createDropBatcher } from "./attaching.ts";
import { Consumer, MAX_PER_IDENTITY } from "./consumer.ts";
import { Hands } from "./hands.ts";
import { Intake } from "./intake.ts";
import { givenBack, Lane } from "./lane.ts";
import { Lanes } from "./lanes.ts";
import type { Lease } from "./lease.ts";
import { sendReceipts } from "./receipts.ts";
import { Settler } from "./settler.ts";
import type { Transactions } from "./transacted-lease.ts";

const SOURCE = "core.durable";
const UNREGISTERED = { code: "UNREGISTERED", reason: "it was unregistered" } as const;

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
  readonly #warnOnce: (error: MusterError) => void;

  constructor(options: DurableReceiverOptions) {
    const { durability, agenda, timing, warn } = options;
    const { timeoutMs } = timing;
    this.#options = options;
    this.#warnOnce = warnOnce(warn);
    this.#attacher = createAttachBatcher(durability, timeoutMs);
    this.#dropper = createDropBatcher(durability, timeoutMs, UNREGISTERED);
    this.#lanes = new Lanes({
      supersede: (lane, by) => this.#supersede(lane, by),
      drop: (lane) => this.#drop(lane),
      detach: (lane) => this.#detach(lane),
    });
    this.#hands = this.#createHands();
    this.#settler = new Settler({
      durability,
      agenda,
      timeoutMs,
      warn,
      onTold: (leases) => this.#told(leases),
      onDelayed: (lease) => this.#hands.remember(lease),
      onFailed: (lease) => {
        this.#hands.remember(lease);
        this.#hands.forget(lease);
      },
    });
    this.#consumer = this.#createConsumer(this.#lanes, this.#hands);
  }

  /**
   * Resolves when this process is handed the queue of a registration that lives here. False: another life of it is, or it
   * has been dropped.
   *
   * @throws TIMEOUT, ABORTED; what `attachMany` throws. Then it is detached again.
   */
  async attach(served: Served, mailbox: Mailbox, call: Call): Promise<boolean> {
    const lane = new Lane<Lease>(served, mailbox);
    const { session, identity, epoch } = lane;
    let isAttached = false;
    this.#lanes.open(lane);
    this.#consumer.poll(true);
    try {
      const failure = await retry(call, SOURCE, async () => {
        const failed = await this.#attacher.submit({ as: "attach", session, identity, epoch }, call);
        if (failed !== undefined && failed.code !== "FENCED") throw failed;
        return failed;
      });
      isAttached = failure === undefined;
    } finally {
      if (isAttached) this.#consumer.ring();
      else this.#leave(identity, epoch);
    }
    return isAttached;
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

  /** There may be something for those who are attached here. */
  ring(): void {
    this.#consumer.ring();
  }

  /** Ends what is queued for a registration that is gone. @throws what `dropMany` throws; TIMEOUT, ABORTED. */
  async drop(target: Target, call: Call): Promise<void> {
    await retry(call, SOURCE, () => this.#dropper.submit(target, call));
  }

  /** When everything was detached, or has had its time: what still runs is given back, untried. */
  async close(): Promise<void> {
    await this.#consumer.stop();
    await this.#settler.idle();
    await this.#lanes.leaveAll();
  }

  #createHands(): Hands {
    const { durability, agenda, timing, limits } = this.#options;
    return new Hands({
      durability,
      agenda,
      leaseMs: () => this.#leaseMs(),
      maxHandlerMs: timing.maxHandlerMs,
      maxAttempts: limits.maxAttempts,
      onSettled: (lease) => this.#settle(lease),
      onGone: ({ lane }) => {
        if (lane?.isClosed === true) this.#lanes.leaveIfDone(lane);
      },
    });
  }

  #createConsumer(lanes: Lanes, hands: Hands): Consumer {
    const { durability, agenda, timing, limits, session } = this.#options;
    const intake = new Intake({
      durability,
      hands,
      lanes,
      maxAttempts: limits.maxAttempts,
      transactions: () => this.#openTransactions(),
      onUnknown: ({ identity, epoch }) => this.#tryDetach({ as: "detach", session: session.id, identity, epoch }),
      warn: this.#warnOnce,
    });
    return new Consumer({
      durability,
      agenda,
      timeoutMs: timing.timeoutMs,
      pollIntervalMs: timing.pollIntervalMs,
      leaseMs: () => this.#leaseMs(),
      session: () => (session.live && lanes.size > 0 ? session.id : undefined),
      room: () => limits.prefetch - hands.size,
      take: (brought) => intake.take(brought),
      onBack: () => this.#settler.resume(),
      warn: (error) => this.#options.warn(error),
    });
  }

  /** The slot's facets and traits are known only when it is open. */
  #openTransactions(): Transactions | undefined {
    const { durability, timing } = this.#options;
    const facet = durability.transactions;
    if (facet === undefined) return undefined;
    return { facet, maxHandlerMs: timing.maxHandlerMs, onFailure: (lease, error) => this.#failed(lease, error) };
  }

  #leaseMs(): number {
    const { minLeaseMs, maxLeaseMs } = this.#options.durability.traits;
    return Math.min(Math.max(this.#options.timing.handlerLeaseMs, minLeaseMs), maxLeaseMs);
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
  #mayHaveMore(lane: Lane<Lease>): boolean {
    if (lane.isClosed || lane.inHands > 0) return false;
    const isBlocking = this.#options.durability.traits.order === "fifo";
    return lane.brought >= MAX_PER_IDENTITY || (isBlocking && lane.broughtBy < this.#consumer.dequeues);
  }

  /** Of an exactly-once message, for no fault of its handler's. */
  #failed(lease: Lease, error: MusterError): void {
    if (error.code === "FENCED") {
      this.#hands.lose(lease, error);
      return;
    }
    this.#warnOnce(error);
    this.#hands.decide(lease, { as: "thrown", error });
  }

  /** Attaching another epoch ends its leases; of its own epoch what waits is given back, and what runs goes on. */
  #supersede(lane: Lane<Lease>, by: Lane<Lease>): void {
    if (lane.epoch === by.epoch) for (const lease of lane.takeWaiting()) this.#hands.release(lease);
    else this.#drop(lane);
  }

  #drop(lane: Lane<Lease>): void {
    for (const lease of lane.takeWaiting()) this.#hands.forget(lease);
    for (const lease of [...lane.leases]) this.#hands.lose(lease, givenBack(lane));
  }

  #leave(identity: string, epoch: number): void {
    this.detach(identity, epoch)?.catch((cause: unknown) => this.#warnOnce(codedError(cause, SOURCE)));
  }

  async #detach({ session, identity, epoch }: Lane<Lease>): Promise<void> {
    const { id, live } = this.#options.session;
    if (session !== id || !live) return; // Nothing is handed to that one any more.
    await this.#attacher.submit({ as: "detach", session, identity, epoch }).catch((cause: unknown) => {
      const error = codedError(cause, SOURCE);
      if (error.code !== "CLOSED") this.#warnOnce(error);
    });
  }

  /** Left over from an earlier life here. */
  #tryDetach(entry: Attaching): void {
    this.#attacher.submit(entry).catch((cause: unknown) => this.#warnOnce(codedError(cause, SOURCE)));
  }
}
