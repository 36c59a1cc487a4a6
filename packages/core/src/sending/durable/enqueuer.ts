/** Hands a durable message's recipients to the store, a bounded number of batches at a time. */

import { codedError } from "../../call.ts";
import type { BatchFailure, Call, DurabilityBackend, DurableMessage, MusterError, Target } from "../../slots/index.ts";
import { retry } from "../../tasks/retry.ts";
import type { Tally } from "../report.ts";

const MAX_BATCHES_IN_FLIGHT = 2;
const SOURCE = "core.multicast";

export interface Enqueuing {
  readonly durability: DurabilityBackend;
  readonly message: DurableMessage;
  readonly ttlMs: number;
  /** Gets the failures; who was accepted is the caller's to count. */
  readonly tally: Tally;
}

/**
 * Enqueueing is repeated until the store has answered or the call ends: it is one delivery however often it is repeated.
 * After a batch that could not be enqueued nothing more is.
 */
export class Enqueuer<T extends Target> {
  readonly #options: Enqueuing;
  readonly #call: Call;
  readonly #maxBatch: number;
  readonly #inFlight = new Set<Promise<void>>();
  readonly #uncertain: string[] = [];
  #hasAccepted = false;
  #failure: MusterError | undefined;

  constructor(options: Enqueuing, call: Call) {
    this.#options = options;
    this.#call = call;
    this.#maxBatch = options.durability.traits.maxBatch;
  }

  /** Whether anyone may have been accepted. */
  get hasStarted(): boolean {
    return this.#hasAccepted || this.#uncertain.length > 0;
  }

  /** Why a batch could not be enqueued. */
  get failure(): MusterError | undefined {
    return this.#failure;
  }

  /** Who may have been accepted, because the store didn't answer: in order, where batches don't overtake each other. */
  get uncertain(): readonly string[] {
    return this.#uncertain;
  }

  /** Resolves when there is room for more; `onAccepted` gets who was accepted, batch by batch. Never rejects. */
  async add(targets: readonly T[], onAccepted: (targets: readonly T[]) => void): Promise<void> {
    for (let from = 0; from < targets.length; from += this.#maxBatch) {
      const batch = targets.length <= this.#maxBatch ? targets : targets.slice(from, from + this.#maxBatch);
      const sending: Promise<void> = this.#enqueue(batch, onAccepted).finally(() => this.#inFlight.delete(sending));
      this.#inFlight.add(sending);
      while (this.#inFlight.size >= MAX_BATCHES_IN_FLIGHT) await Promise.race(this.#inFlight);
    }
  }

  /** Resolves when the store has answered for all, or the call has ended. Never rejects. */
  async finish(): Promise<void> {
    await Promise.all(this.#inFlight);
  }

  async #enqueue(targets: readonly T[], onAccepted: (targets: readonly T[]) => void): Promise<void> {
    const { durability, message, ttlMs } = this.#options;
    if (this.#failure !== undefined) {
      this.#fail(targets, this.#failure);
      return;
    }
    try {
      const failures = await retry(this.#call, SOURCE, () =>
        durability.enqueueMany(message, targets, { ttlMs }, this.#call),
      );
      this.#hasAccepted ||= failures.length < targets.length;
      onAccepted(failures.length === 0 ? targets : this.#without(targets, failures));
    } catch (cause) {
      const error = codedError(cause, SOURCE);
      this.#failure ??= error;
      if (error.mayHaveApplied) for (const { identity } of targets) this.#uncertain.push(identity);
      else this.#fail(targets, error);
    }
  }

  /** Tallies the failures; gives the others. */
  #without(targets: readonly T[], failures: readonly BatchFailure[]): readonly T[] {
    const failed = new Set<number>();
    for (const { index, error } of failures) {
      failed.add(index);
      this.#options.tally.miss("failed", [targets[index]?.identity ?? ""], error.code, error.message);
    }
    return targets.filter((_, index) => !failed.has(index));
  }

  #fail(targets: readonly Target[], error: MusterError): void {
    const identities = targets.map(({ identity }) => identity);
    this.#options.tally.miss("failed", identities, error.code, error.message);
  }
}
