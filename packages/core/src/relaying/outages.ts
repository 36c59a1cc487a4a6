/** What fails at present: it is warned of once until all of it works again. */

import type { MusterError } from "../slots/index.ts";

export class Outages {
  readonly #warn: (error: MusterError) => void;
  /** How often each has failed in a row. */
  readonly #tries = new Map<string, number>();

  constructor(warn: (error: MusterError) => void) {
    this.#warn = warn;
  }

  /** How often it has failed before. */
  failed(what: string, error: MusterError): number {
    if (this.#tries.size === 0) this.#warn(error);
    const tries = this.#tries.get(what) ?? 0;
    this.#tries.set(what, tries + 1);
    return tries;
  }

  over(what: string): void {
    this.#tries.delete(what);
  }
}
