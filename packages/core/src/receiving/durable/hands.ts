/** Everything leased that is in this process' hands: whether it may run, what became of it, and for how long it is ours. */

import type { Agenda } from "../../tasks/agenda.ts";
import { backoffMs } from "../../tasks/retry.ts";
import { type DurabilityBackend, linkCall, MusterError } from "../../slots/index.ts";
import { DuplicateWindow } from "../duplicate-window.ts";
import { type Outcome, UNTRIED } from "../outcome.ts";
import type { Lease, LeaseKeeper } from "./lease.ts";
import { settlementOf, triedOut } from "./verdict.ts";

const SOURCE = "core.extendLeases";
const MAX_BATCH = 1_000;
const WINDOW_MS = 120_000;

export interface HandsOptions {
  readonly durability: DurabilityBackend;
  readonly agenda: Agenda;
  leaseMs(): number;
  readonly maxHandlerMs: number;
  readonly maxAttempts: number;
  /** The store is to be told of it. */
  onSettled(lease: Lease): void;
  /** It has left these hands. */
  onGone(lease: Lease): void;
}

export class Hands implements LeaseKeeper {
  readonly #options: HandsOptions;
  readonly #leases = new Set<Lease>();
  /** Only of what may come here twice: see {@link #mayBeRepeated}. */
  readonly #window = new DuplicateWindow({ maxAgeMs: WINDOW_MS });
  /** Monotonic: until then something may come again that counts as never tried. */
  #suspectUntil = 0;
  #isPlanned = false;
  #tries = 0;

  constructor(options: HandsOptions) {
    this.#options = options;
  }

  get size(): number {
    return this.#leases.size;
  }

  take(lease: Lease): void {
    this.#leases.add(lease);
    this.#plan(this.#intervalMs());
  }

  /** The store has been told of it, or need not be. */
  forget(lease: Lease): void {
    lease.state = "gone";
    if (!this.#leases.delete(lease)) return;
    if (lease.lane !== undefined) lease.lane.inHands -= 1;
    this.#options.onGone(lease);
  }

  begin(lease: Lease): boolean {
    const now = performance.now();
    if (!lease.isOpen || now >= lease.endsAt) return false;
    if (this.#mayBeRepeated(lease, now)) {
      const arrival = this.#arrive(lease);
      lease.state = "joined";
      if (arrival.join(0, (outcome) => this.decide(lease, outcome))) return false;
      lease.arrival = arrival;
    }
    lease.state = "running";
    lease.startedAt = now;
    return true;
  }

  decide(lease: Lease, outcome: Outcome): void {
    if (lease.state === "lost") this.#end(lease, outcome);
    else if (lease.isOpen) this.#settle(lease, outcome);
  }

  /** Back to the store, untried. */
  release(lease: Lease): void {
    this.#settle(lease, UNTRIED);
  }

  /** It has had all its tries before. */
  bury(lease: Lease): void {
    lease.settlement = triedOut(lease);
    this.#tell(lease);
  }

  /** The store has not heard of it yet, and may never: what has been handled must not be handled again here. */
  remember(lease: Lease): void {
    if (lease.settlement?.as !== "ack") return;
    this.#suspect();
    if (lease.arrival !== undefined) return;
    lease.arrival = this.#arrive(lease);
    lease.arrival.settle(0, { as: "handled" });
  }

  /** Somebody else may have it by now. What has not started never will; what runs goes on for nothing. */
  lose(lease: Lease, reason: unknown): void {
    if (!lease.isOpen) return;
    const isRunning = lease.state === "running";
    lease.received.abandon(reason);
    lease.state = "lost";
    if (isRunning && !lease.hasInbox) {
      lease.arrival ??= this.#arrive(lease);
      this.#suspect();
    }
    if (!isRunning) this.forget(lease);
    this.#leave(lease, true);
  }

  #settle(lease: Lease, outcome: Outcome): void {
    if (outcome.as === "untried" && performance.now() >= lease.endsAt) {
      this.lose(lease, leaseLost(lease));
      return;
    }
    if (!lease.isAcknowledged) lease.settlement = settlementOf(lease, outcome, this.#options.maxAttempts);
    lease.arrival?.settle(0, outcome);
    this.#tell(lease);
  }

  #tell(lease: Lease): void {
    lease.state = "settled";
    this.#options.onSettled(lease);
    this.#leave(lease, lease.settlement?.as === "retry" || lease.settlement?.as === "release");
  }

  /** What is later of the same identity must not overtake what comes back. */
  #leave(lease: Lease, comesBack: boolean): void {
    const { lane } = lease;
    if (lane === undefined) return;
    lane.remove(lease);
    if (comesBack && this.#options.durability.traits.order === "fifo")
      for (const later of lane.takeWaiting()) this.#settle(later, UNTRIED);
    else lane.handOver();
  }

  /** The handler of a lost one has ended. */
  #end(lease: Lease, outcome: Outcome): void {
    lease.arrival?.settle(0, outcome);
    this.forget(lease);
  }

  #arrive({ message, identity }: Lease): ReturnType<DuplicateWindow["arrive"]> {
    return this.#window.arrive(message.id, [identity], true);
  }

  #mayBeRepeated({ attempt, hasInbox }: Lease, now: number): boolean {
    if (hasInbox) return false;
    return attempt > 1 || now < this.#suspectUntil || this.#options.durability.traits.dedupWindowMs === 0;
  }

  #suspect(): void {
    this.#suspectUntil = performance.now() + WINDOW_MS;
  }

  #intervalMs(): number {
    return Math.min(this.#options.leaseMs() / 3, this.#options.maxHandlerMs / 4);
  }

  #plan(delayMs: number): void {
    if (this.#isPlanned || this.#leases.size === 0) return;
    this.#isPlanned = true;
    this.#options.agenda.after(delayMs, () => {
      this.#isPlanned = false;
      this.#look().then(
        (again) => this.#plan(again),
        () => this.#plan(this.#intervalMs()), // It keeps its failures to itself.
      );
    });
  }

  /** Extends what is still wanted, and takes their messages from handlers that are stuck. When to look again. */
  async #look(): Promise<number> {
    const now = performance.now();
    const { maxHandlerMs } = this.#options;
    const leaseMs = this.#options.leaseMs();
    const due: Lease[] = [];
    for (const lease of [...this.#leases]) {
      if ((lease.state === "running" || lease.state === "lost") && now - lease.startedAt >= maxHandlerMs)
        this.#giveUp(lease);
      else if (lease.isOpen && now >= lease.endsAt) this.lose(lease, leaseLost(lease));
      else if (lease.isOpen && lease.endsAt - now <= (leaseMs * 5) / 6) due.push(lease);
    }
    try {
      for (let start = 0; start < due.length; start += this.#batchSize())
        await this.#extend(due.slice(start, start + this.#batchSize()));
      this.#tries = 0;
      return this.#intervalMs();
    } catch {
      // The next try is soon, and whoever can't reach the store is told so by its dequeues.
      this.#tries += 1;
      return Math.min(this.#intervalMs(), Math.max(1, backoffMs(this.#tries)));
    }
  }

  #batchSize(): number {
    return Math.min(MAX_BATCH, this.#options.durability.traits.maxBatch);
  }

  async #extend(leases: readonly Lease[]): Promise<void> {
    const { durability } = this.#options;
    const leaseMs = this.#options.leaseMs();
    using call = linkCall({}, leaseMs / 3, SOURCE);
    const sentAt = performance.now();
    const failures = await durability.extendMany(
      leases.map(({ receipt }) => receipt),
      leaseMs,
      call,
    );
    const failed = new Set(failures.map(({ index }) => index));
    for (const [index, lease] of leases.entries()) if (!failed.has(index)) lease.endsAt = sentAt + leaseMs;
    for (const { index, error } of failures) {
      const lease = leases[index];
      if (lease !== undefined && error.code === "FENCED") this.lose(lease, error);
    }
  }

  /** Its mailbox goes on, whatever its handler still does. */
  #giveUp(lease: Lease): void {
    const { maxHandlerMs } = this.#options;
    const message = `its handler has not finished within ${maxHandlerMs} ms`;
    const error = new MusterError({ code: "TIMEOUT", source: "core.handler", subject: lease.identity, message });
    lease.received.abandon(error);
    this.decide(lease, { as: "thrown", error });
    lease.lane?.served.events.emit("handlerError", { error, message: lease.received });
    lease.lane?.mailbox.skip(lease.received);
  }
}

function leaseLost({ identity }: Lease): MusterError<"FENCED"> {
  const message = "its lease has ended before it was handled; somebody else may have it by now";
  return new MusterError({ code: "FENCED", source: "core.handler", subject: identity, message });
}
