/** How long a client that has lost its server waits between two attempts. */

const SHORTEST_MS = 100;
const LONGEST_MS = 2_000;

/** Grows with the outage, and is spread over half of it to one and a half: a fleet does not come back in one moment. */
export class Backoff {
  #since: number | undefined;

  nextMs(): number {
    this.#since ??= performance.now();
    const outageMs = performance.now() - this.#since;
    const middleMs = Math.min(LONGEST_MS, Math.max(SHORTEST_MS, outageMs / 4));
    return Math.ceil(middleMs * (0.5 + Math.random()));
  }

  /** There is a connection again. */
  reset(): void {
    this.#since = undefined;
  }
}
