/** Where epochs come from. */

import type { Store } from "../store/store.ts";

/**
 * Epochs of one batch: each larger than any before, of whomever. They begin at the time in µs, so that they grow on even when
 * the file is made anew, or an older copy is put in its place.
 */
export class Epochs {
  readonly #store: Store;
  #last: number | undefined;

  constructor(store: Store) {
    this.#store = store;
  }

  next(now: number): number {
    const last = this.#last ?? Number(this.#store.get("select last from muster_epochs")?.[0] ?? 0);
    this.#last = Math.max(last + 1, now * 1_000);
    return this.#last;
  }

  /** Writes down which was the last. */
  save(): void {
    if (this.#last !== undefined) this.#store.run("update muster_epochs set last = ?", [this.#last]);
  }
}
