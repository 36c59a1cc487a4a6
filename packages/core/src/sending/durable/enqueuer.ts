/** Hands a durable message's recipients to the store, a bounded number of batches at a time. */

import { codedError } from "../../call.ts";
import type { BatchFailure, Call, DurabilityBackend, DurableMessage, MusterError, Target } from "../../slots/index.ts";
import { retry } from "../../tasks/retry.ts";
import { errorsOf } from "../batch.ts";
import type { Tally } from "../report.ts";

const MAX_BATCHES_IN_FLIGHT = 2;
/** Larger ones cost a store nothing less for each recipient, and the last one would be alone under way. */
const MAX_BATCH = 2_500;
const SOURCE = "core.multicast";

export interface Enqueuing {
  readonly durability: Pick<DurabilityBackend, "enqueueMany" | "traits">;
  readonly message: DurableMessage;
  readonly ttlMs: number;
  /** Gets the failures; who was accepted is the caller's to count. */
  readonly tally: Tally;
}

/** Recipients that came together, or what is left of them. */
interface Portion<T extends Target> {
  readonly targets: readonly T[];
  readonly onAccepted: (targets: readonly T[]) => void;
}

/**
 * What waits while others are in flight becomes one batch: the slower the store, the larger they are.
 *
 * Enqueueing is repeated until the store has answered or the call ends: it is one delivery however often it is repeated.
 * After a batch that could not be enqueued nothing more is.
 */
export class Enqueuer<T extends Target> {
  readonly #options: Enqueuing;
  readonly #call: Call;
  readonly #maxBatch: number;
  readonly #inFlight = new Set<Promise<void>>();
  readonly #uncertain: string[] = [];
  #waiting: Portion<T>[] = [];
  #waitingCount = 0;
  #hasAccepted = false;
  #failure: MusterError | undefined;

  constructor(options: Enqueuing, call: Call) {
    this.#options = options;
    this.#call = call;
    this.#maxBatch = Math.min(options.durability.traits.maxBatch, MAX_BATCH);
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

  /** Resolves when there is room for more; `onAccepted` gets who was accepted, once or in parts. Never rejects. */
  async add(targets: readonly T[], onAccepted: (targets: readonly T[]) => void): Promise<void> {
    this.#waiting.push({ targets, onAccepted });
    this.#waitingCount += targets.length;
    this.#send();
    while (this.#waitingCount >= this.#maxBatch) await Promise.race(this.#inFlight);
  }

  /** Resolves when the store has answered for all, or the call has ended. Never rejects. */
  async finish(): Promise<void> {
    while (this.#inFlight.size > 0) await Promise.all(this.#inFlight);
  }

  #send(): void {
    while (this.#waitingCount > 0 && this.#inFlight.size < MAX_BATCHES_IN_FLIGHT) {
      const sending: Promise<void> = this.#enqueue(this.#take()).finally(() => {
        this.#inFlight.delete(sending);
        this.#send();
      });
      this.#inFlight.add(sending);
    }
  }

  /** As many as one batch may have of those that wait. */
  #take(): readonly Portion<T>[] {
    const batch: Portion<T>[] = [];
    const rest: Portion<T>[] = [];
    let room = this.#maxBatch;
    for (const { targets, onAccepted } of this.#waiting) {
      const taken = Math.min(room, targets.length);
      if (taken > 0) batch.push({ targets: taken === targets.length ? targets : targets.slice(0, taken), onAccepted });
      if (taken < targets.length) rest.push({ targets: targets.slice(taken), onAccepted });
      room -= taken;
    }
    this.#waiting = rest;
    this.#waitingCount -= this.#maxBatch - room;
    return batch;
  }

  async #enqueue(portions: readonly Portion<T>[]): Promise<void> {
    const { durability, message, ttlMs } = this.#options;
    const [first = [], ...others] = portions.map((portion) => portion.targets);
    const targets = first.concat(...others);
    if (this.#failure !== undefined) {
      this.#fail(targets, this.#failure);
      return;
    }
    try {
      const failures = await retry(this.#call, SOURCE, () =>
        durability.enqueueMany(message, targets, { ttlMs }, this.#call),
      );
      this.#hasAccepted ||= failures.length < targets.length;
      this.#accept(portions, failures);
    } catch (cause) {
      const error = codedError(cause, SOURCE);
      this.#failure ??= error;
      if (error.mayHaveApplied) for (const { identity } of targets) this.#uncertain.push(identity);
      else this.#fail(targets, error);
    }
  }

  /** Tallies the failures, and tells who was accepted to whoever added them. */
  #accept(portions: readonly Portion<T>[], failures: readonly BatchFailure[]): void {
    const errors = errorsOf(failures);
    let from = 0;
    for (const { targets, onAccepted } of portions) {
      onAccepted(
        errors.size === 0 ? targets : targets.filter((target, at) => this.#isAccepted(target, errors.get(from + at))),
      );
      from += targets.length;
    }
  }

  #isAccepted({ identity }: T, error: MusterError | undefined): boolean {
    if (error !== undefined) this.#options.tally.miss("failed", [identity], error.code, error.message);
    return error === undefined;
  }

  #fail(targets: readonly Target[], error: MusterError): void {
    const identities = targets.map(({ identity }) => identity);
    this.#options.tally.miss("failed", identities, error.code, error.message);
  }
}
