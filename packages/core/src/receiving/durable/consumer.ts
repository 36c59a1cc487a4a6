/** Asks the store for what is due: when somebody says there is something, and now and then without that. */

import { codedError } from "../../call.ts";
import type { Agenda } from "../../tasks/agenda.ts";
import { backoffMs } from "../../tasks/retry.ts";
import { type DurabilityBackend, linkCall, type MusterError } from "../../slots/index.ts";
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
  readonly #closing = new AbortController();

  constructor(options: ConsumerOptions) {
    this.#options = options;
  }

  /** There may be something: look now, or as soon as that is possible. */
  ring(): void {
    this.#isWanted = true;
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
    this.#closing.abort();
    await this.#running;
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
    const { durability, timeoutMs } = this.#options;
    const leaseMs = this.#options.leaseMs();
    this.dequeues += 1;
    const sentAt = performance.now();
    using call = linkCall({ signal: this.#closing.signal }, timeoutMs, SOURCE);
    const options = { max, maxPerIdentity: MAX_PER_IDENTITY, waitMs: 0, leaseMs };
    const leased = await durability.dequeue(session, options, call);
    if (this.#tries > 0) this.#options.onBack();
    this.#tries = 0;
    if (leased.length === 0) return;
    let count = 0;
    for (const { recipients } of leased) count += recipients.length;
    const taken = await this.#options.take({ leased, endsAt: sentAt + leaseMs, by: this.dequeues });
    // What nobody here wants comes at once again.
    if (count >= max && taken > 0) this.#isWanted = true;
  }
}
