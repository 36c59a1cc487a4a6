/** Turns concurrent calls of one process into a few batches. */

import { codedError } from "../call.ts";
import { abortedError, type Call, linkCall, type MusterError } from "../slots/index.ts";
import { hasEnded } from "../slots/signals.ts";
import { type Settler, settled } from "./settler.ts";
import { Waiting } from "./waiting.ts";

/** How one kind of batch is made and sent. */
export interface BatchOptions<Entry, Outcome> {
  /** `core.setMany`, for errors. */
  readonly source: string;
  /** Entries of one key are never in one batch, and are sent in the order they came. */
  key(entry: Entry): string;
  /** Outcomes stand in the order of the entries. */
  send(entries: readonly Entry[], call: Call): Promise<readonly Outcome[]>;
  /** Deadline of a batch, whatever its callers' are. */
  readonly timeoutMs: number;
  /** Most entries of one batch. Default 1,000. */
  readonly maxBatch?: number;
  /** Most batches on their way at once. Default 4. */
  readonly maxInFlight?: number;
  /** An entry was sent, its caller gave up, and only now is this known; `undefined`: it may have taken effect. */
  onAbandoned?(entry: Entry, outcome: Outcome | undefined): void;
}

/** A queue in front of a batch method of a slot. */
export interface Batcher<Entry, Outcome> {
  /**
   * The outcome of this entry. An entry that was not sent when the call ends is withdrawn; without a call it never is.
   *
   * @throws TIMEOUT, ABORTED: the call ended, with `mayHaveApplied` once it was sent; otherwise what `send` throws.
   */
  submit(entry: Entry, call?: Call): Promise<Outcome>;
  /** The same without a promise. */
  enter(entry: Entry, settler: Settler<Outcome>, call?: Call): void;
}

const MAX_BATCH = 1_000;
const MAX_IN_FLIGHT = 4;
/** So many batches that find nothing on its way leave one after the other within a turn of the event loop at most. */
const MAX_UNWAITED = 16;

/**
 * Entries that come in while all batches are on their way share a batch; so do those of one turn of the event loop, or,
 * where nothing is on its way, those that come before anything else has its turn. A batch that is full leaves at once.
 */
export function createBatcher<Entry, Outcome>(options: BatchOptions<Entry, Outcome>): Batcher<Entry, Outcome> {
  return new Queue(options);
}

class Queue<Entry, Outcome> implements Batcher<Entry, Outcome> {
  readonly #options: BatchOptions<Entry, Outcome>;
  /** At most one entry of each key. */
  #ready: Waiting<Entry, Outcome>[] = [];
  /** Keys of which an entry is ready or on its way. */
  readonly #taken = new Set<string>();
  /** Who waits behind it, where somebody does. */
  readonly #behind = new Map<string, Waiting<Entry, Outcome>[]>();
  #inFlight = 0;
  #scheduled = false;
  /** Batches that left without waiting for others, since one has. */
  #unwaited = 0;
  readonly #run = (): void => {
    this.#scheduled = false;
    this.#flush();
  };

  constructor(options: BatchOptions<Entry, Outcome>) {
    this.#options = options;
  }

  submit(entry: Entry, call?: Call): Promise<Outcome> {
    return settled((settler) => this.enter(entry, settler, call));
  }

  enter(entry: Entry, settler: Settler<Outcome>, call?: Call): void {
    const { source, key } = this.#options;
    if (call !== undefined && hasEnded(call)) settler.reject(abortedError(call, source));
    else this.#enqueue(new Waiting<Entry, Outcome>(entry, key(entry), source, settler, call));
  }

  #enqueue(waiting: Waiting<Entry, Outcome>): void {
    const { size } = this.#taken;
    if (this.#taken.add(waiting.key).size === size) {
      const behind = this.#behind.get(waiting.key);
      if (behind === undefined) this.#behind.set(waiting.key, [waiting]);
      else behind.push(waiting);
      return;
    }
    this.#ready.push(waiting);
    this.#advance();
  }

  /** A batch that is full leaves at once: what takes it works while the next one is made. */
  #advance(): void {
    const { maxBatch = MAX_BATCH, maxInFlight = MAX_IN_FLIGHT } = this.#options;
    if (this.#inFlight >= maxInFlight) return;
    if (this.#ready.length >= maxBatch) this.#flush();
    else this.#schedule();
  }

  #schedule(): void {
    if (this.#scheduled) return;
    this.#scheduled = true;
    this.#unwaited = this.#inFlight > 0 ? 0 : (this.#unwaited + 1) % MAX_UNWAITED;
    // Where batches are answered at once, a loop of writes would let nothing else in this process run if none waited.
    if (this.#unwaited === 0) setImmediate(this.#run);
    else process.nextTick(this.#run);
  }

  #flush(): void {
    const { maxBatch = MAX_BATCH, maxInFlight = MAX_IN_FLIGHT } = this.#options;
    const withdrawn = this.#ready.filter((waiting) => waiting.state === "over");
    if (withdrawn.length > 0) {
      this.#ready = this.#ready.filter((waiting) => waiting.state !== "over");
      this.#release(withdrawn);
    }
    while (this.#inFlight < maxInFlight && this.#ready.length > 0) {
      const batch = this.#ready.splice(0, maxBatch);
      this.#inFlight += 1;
      // Every outcome, good or bad, is told to the entries.
      this.#send(batch).then(
        () => this.#sent(batch),
        () => this.#sent(batch),
      );
    }
  }

  async #send(batch: readonly Waiting<Entry, Outcome>[]): Promise<void> {
    const { source, timeoutMs, send } = this.#options;
    // Without `using`: where batches are of one, it would cost as much as all else here.
    const call = linkCall({}, timeoutMs, source);
    for (const waiting of batch) waiting.state = "sent";
    try {
      const outcomes = await send(
        batch.map((waiting) => waiting.entry),
        call,
      );
      if (outcomes.length !== batch.length) throw new Error(`${outcomes.length} outcomes for ${batch.length} entries`);
      this.#tell(batch, outcomes);
    } catch (cause) {
      this.#tellFailed(batch, codedError(cause, source));
    } finally {
      call[Symbol.dispose]();
    }
  }

  #tell(batch: readonly Waiting<Entry, Outcome>[], outcomes: readonly Outcome[]): void {
    const { onAbandoned } = this.#options;
    for (let index = 0; index < batch.length; index += 1) {
      const waiting = batch[index] as Waiting<Entry, Outcome>; // There is one at each index,
      const outcome = outcomes[index] as Outcome; // and as many outcomes.
      if (waiting.isWithdrawn) onAbandoned?.(waiting.entry, outcome);
      else waiting.resolve(outcome);
    }
  }

  #tellFailed(batch: readonly Waiting<Entry, Outcome>[], error: MusterError): void {
    const { onAbandoned } = this.#options;
    for (const waiting of batch) {
      if (!waiting.isWithdrawn) waiting.reject(error);
      else if (error.mayHaveApplied) onAbandoned?.(waiting.entry, undefined);
    }
  }

  #sent(batch: readonly Waiting<Entry, Outcome>[]): void {
    this.#inFlight -= 1;
    this.#release(batch);
    if (this.#ready.length > 0) this.#advance();
  }

  /** Lets the next entry of each key come up. */
  #release(done: readonly Waiting<Entry, Outcome>[]): void {
    for (const { key } of done) {
      const next = this.#behind.size === 0 ? undefined : this.#nextBehind(key);
      if (next === undefined) this.#taken.delete(key);
      else this.#ready.push(next);
    }
  }

  /** Passes over those withdrawn meanwhile. */
  #nextBehind(key: string): Waiting<Entry, Outcome> | undefined {
    const behind = this.#behind.get(key);
    let next = behind?.shift();
    while (next?.state === "over") next = behind?.shift();
    if (behind?.length === 0) this.#behind.delete(key);
    return next;
  }
}
