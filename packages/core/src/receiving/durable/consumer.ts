/**
 * Asks the store for what is due: when somebody says there is something, and now and then without that. A store that wakes
 * who waits is asked all the time, and answers when there is something.
 */

import { codedError } from "../../call.ts";
import type { Agenda } from "../../tasks/agenda.ts";
import { backoffMs } from "../../tasks/retry.ts";
import { type DurabilityBackend, type Leased, linkCall, type MusterError } from "../../slots/index.ts";
import type { Brought } from "./intake.ts";

const SOURCE = "core.dequeue";
/** Of one dequeue: what takes much longer to hand over would keep others waiting. */
const MAX_BATCH = 1_000;
/** Of one identity and one dequeue. */
export const MAX_PER_IDENTITY = 16;

export interface ConsumerOptions {
  readonly durability: DurabilityBackend;
  readonly agenda: Agenda;
  readonly timeoutMs: number;
  readonly pollIntervalMs: number;
  leaseMs(): number;
  /** Whose queues to ask for; absent: nobody's, at present. */
  session(): string | undefined;
  /** How many more may be leased now. */
  room(): number;
  /** Hands them over; gives how many of them were for somebody here. Must not reject. */
  take(brought: Brought): Promise<number>;
  /** The store is there again after it was away. */
  onBack(): void;
  warn(error: MusterError): void;
}

/** What has been asked for and not been answered yet. */
interface Asking {
  readonly session: string;
  readonly end: AbortController;
}

/** One dequeue at a time, whatever rings. */
export class Consumer {
  readonly #options: ConsumerOptions;
  /** How many have been sent. */
  dequeues = 0;
  #isWanted = false;
  #running: Promise<void> | undefined;
  /** After an error the store is left alone for a while, whatever rings. */
  #pause: Disposable | undefined;
  #poll: Disposable | undefined;
  readonly #looks = new Map<number, Disposable>();
  #tries = 0;
  #isStopped = false;
  #asking: Asking | undefined;

  constructor(options: ConsumerOptions) {
    this.#options = options;
  }

  /** There may be something: look now, or as soon as that is possible. */
  ring(): void {
    this.#isWanted = true;
    this.#endIdleWait();
    this.resume();
  }

  /** There is room again, or a session. */
  resume(): void {
    if (!this.#isWanted || this.#isStopped || this.#running !== undefined || this.#pause !== undefined) return;
    if (this.#options.room() <= 0 || this.#options.session() === undefined) return;
    this.#running = this.#run().finally(() => {
      this.#running = undefined;
      this.resume();
    });
  }

  /** Something comes back then. Many that come back at about the same time cost one look. */
  ringAfter(delayMs: number): void {
    const grain = 2 ** Math.floor(Math.log2(Math.max(8, delayMs) / 8));
    const due = Math.ceil((performance.now() + delayMs) / grain) * grain;
    if (this.#looks.has(due)) return;
    const look = this.#options.agenda.after(due - performance.now(), () => {
      this.#looks.delete(due);
      this.ring();
    });
    this.#looks.set(due, look);
  }

  /** Rings now and then, from now on until it is told not to. */
  poll(isWanted: boolean): void {
    if (!isWanted) {
      this.#poll?.[Symbol.dispose]();
      this.#poll = undefined;
      this.#endIdleWait();
      return;
    }
    const { agenda, pollIntervalMs } = this.#options;
    this.#poll ??= agenda.after(pollIntervalMs * (0.8 + 0.4 * Math.random()), () => {
      this.#poll = undefined;
      this.ring();
      this.poll(true);
    });
  }

  /** Nothing is asked for any more; resolves when what was is handed over. */
  async stop(): Promise<void> {
    this.#isStopped = true;
    this.poll(false);
    for (const look of this.#looks.values()) look[Symbol.dispose]();
    this.#asking?.end.abort();
    await this.#running;
  }

  /** Who waits for what a session of before, or nobody, is handed, waits for nothing. */
  #endIdleWait(): void {
    const { durability, session } = this.#options;
    if (durability.traits.wakes && this.#asking?.session !== session()) this.#asking?.end.abort();
  }

  async #run(): Promise<void> {
    try {
      while (this.#isWanted && !this.#isStopped) {
        const session = this.#options.session();
        const room = this.#options.room();
        if (session === undefined || room <= 0) return;
        this.#isWanted = false;
        await this.#dequeue(session, Math.min(room, MAX_BATCH, this.#options.durability.traits.maxBatch));
      }
    } catch (cause) {
      this.#isWanted = true;
      const error = codedError(cause, SOURCE);
      if (this.#tries === 0 && !this.#isStopped) this.#options.warn(error);
      this.#tries += 1;
      this.#pause = this.#options.agenda.after(backoffMs(this.#tries), () => {
        this.#pause = undefined;
        this.resume();
      });
    }
  }

  async #dequeue(session: string, max: number): Promise<void> {
    const { wakes } = this.#options.durability.traits;
    const leaseMs = this.#options.leaseMs();
    this.dequeues += 1;
    const sentAt = performance.now();
    const leased = await this.#ask(session, max, leaseMs);
    if (leased === undefined) return;
    if (this.#tries > 0) this.#options.onBack();
    this.#tries = 0;
    if (leased.length === 0) {
      this.#isWanted ||= wakes;
      return;
    }
    let count = 0;
    for (const { recipients } of leased) count += recipients.length;
    const taken = await this.#options.take({ leased, endsAt: sentAt + leaseMs, by: this.dequeues });
    // What nobody here wants comes at once again.
    if ((wakes || count >= max) && taken > 0) this.#isWanted = true;
  }

  /** `undefined`: nobody here wants to know any more. */
  async #ask(session: string, max: number, leaseMs: number): Promise<readonly Leased[] | undefined> {
    const { durability, timeoutMs, pollIntervalMs } = this.#options;
    // Leases are taken to begin when they are asked for, so most of one has to be left.
    const waitMs = durability.traits.wakes ? Math.min(pollIntervalMs, leaseMs / 4) : 0;
    const asking = { session, end: new AbortController() };
    this.#asking = asking;
    using call = linkCall({ signal: asking.end.signal }, waitMs + timeoutMs, SOURCE);
    try {
      return await durability.dequeue(session, { max, maxPerIdentity: MAX_PER_IDENTITY, waitMs, leaseMs }, call);
    } catch (error) {
      if (asking.end.signal.aborted) return undefined;
      throw error;
    } finally {
      this.#asking = undefined;
    }
  }
}
