import { setImmediate as turn } from "node:timers/promises";

const SLICE_MS = 10;

/** Keeps a long loop from starving the event loop: promises that are settled already never let timers or I/O run. */
export class TimeSlice {
  #startedAt = performance.now();

  /** When this loop has run for 10 ms: a promise of the next turn of the event loop. Otherwise nothing to wait for. */
  rest(): Promise<void> | undefined {
    if (performance.now() - this.#startedAt < SLICE_MS) return undefined;
    return this.#rest();
  }

  async #rest(): Promise<void> {
    await turn();
    this.#startedAt = performance.now();
  }
}
