/** How long an answer takes as a rule, from those that have come. */

const INITIAL_MS = 500;
const MIN_MS = 200;
const MAX_MS = 2_000;

/** Source: RFC 6298, Computing TCP's Retransmission Timer. */
export class Pace {
  #smoothedMs: number | undefined;
  #deviationMs = 0;

  /** An answer has come so long after its message had left, and nothing was sent twice. */
  note(ms: number): void {
    if (this.#smoothedMs === undefined) {
      this.#smoothedMs = ms;
      this.#deviationMs = ms / 2;
      return;
    }
    this.#deviationMs += (Math.abs(this.#smoothedMs - ms) - this.#deviationMs) / 4;
    this.#smoothedMs += (ms - this.#smoothedMs) / 8;
  }

  /** After that long without a word, a message was probably lost. */
  get patienceMs(): number {
    if (this.#smoothedMs === undefined) return INITIAL_MS;
    return Math.min(MAX_MS, Math.max(MIN_MS, this.#smoothedMs + 4 * this.#deviationMs));
  }
}
