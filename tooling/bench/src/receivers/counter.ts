import { tell } from "./telling.ts";

/** Counts what a process receives, and tells the sender when it is as much as expected. */
export class Counter {
  #received = 0;
  #expected = Number.POSITIVE_INFINITY;

  /** Bound, so that it is a handler as it stands. */
  readonly count = (): void => {
    this.#received += 1;
    if (this.#received === this.#expected) this.#tell("expected");
  };

  expect(total: number): void {
    this.#expected = total;
    if (this.#received >= total) this.#tell("expected");
  }

  tellCount(): void {
    this.#tell("counted");
  }

  #tell(as: "expected" | "counted"): void {
    tell({ kind: "received", total: this.#received, as });
  }
}
