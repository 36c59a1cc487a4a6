import { setImmediate as turn } from "node:timers/promises";

/** Everything in the process that rests goes on in the same turn, one after the other: twenty fleets must fit into it. */
const SLICE_MS = 1;
/** Steps between two looks at the clock. */
const STRIDE = 16;

/**
 * Keeps a long loop from starving the event loop: promises that are settled already never let timers or I/O run. Only what it
 * has worked since the event loop last turned counts: who has waited for a message need not rest when it comes.
 */
export class TimeSlice {
  /** Absent: it has not worked in this turn. */
  #startedAt: number | undefined;
  #steps = 0;
  readonly #end = (): void => {
    this.#startedAt = undefined;
  };

  /** Work begins here, unless it has begun in this turn already; without this, at the first look at the clock. */
  begin(): void {
    if (this.#startedAt !== undefined) return;
    this.#startedAt = performance.now();
    setImmediate(this.#end);
  }

  /** For loops of very small steps: {@link rest}, but it looks at the clock at every 16th call only. */
  step(): Promise<void> | undefined {
    this.#steps += 1;
    return this.#steps % STRIDE === 0 ? this.rest() : undefined;
  }

  /** When this loop has run for 1 ms: a promise of the next turn of the event loop. Otherwise nothing to wait for. */
  rest(): Promise<void> | undefined {
    if (this.#startedAt === undefined) this.begin();
    else if (performance.now() - this.#startedAt >= SLICE_MS) return this.#rest();
    return undefined;
  }

  async #rest(): Promise<void> {
    await turn();
    this.begin();
  }
}
