import { type BatchFailure, isMusterError, type MusterError } from "@muster/core/slots";

/** What becomes of one batch: complete when each of its messages has been answered for. */
export class Outcome {
  readonly #count: number;
  readonly #failures = new Map<number, MusterError>();
  readonly complete: Promise<void>;
  #open: number;
  #resolve = (): void => {};

  constructor(count: number) {
    this.#count = count;
    this.#open = count;
    this.complete = new Promise((resolve) => {
      this.#resolve = resolve;
    });
    if (count === 0) this.#resolve();
  }

  /** Of one message; what was noted of it stays. */
  settle(): void {
    this.#open -= 1;
    if (this.#open === 0) this.#resolve();
  }

  /** Noted, not settled. The first counts. */
  note(index: number, error: MusterError): void {
    if (!this.#failures.has(index)) this.#failures.set(index, error);
  }

  fail(index: number, error: MusterError): void {
    this.note(index, error);
    this.settle();
  }

  /** @throws UNAVAILABLE where the server has answered for none of them. */
  get failures(): readonly BatchFailure[] {
    if (this.#failures.size === 0) return [];
    const lost = [...this.#failures.values()].filter((error) => isMusterError(error, "UNAVAILABLE"));
    const [first] = lost;
    if (first !== undefined && lost.length === this.#count) throw lost.find((error) => error.mayHaveApplied) ?? first;
    return [...this.#failures].map(([index, error]) => ({ index, error })).toSorted((a, b) => a.index - b.index);
  }
}
