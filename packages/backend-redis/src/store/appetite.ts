/**
 * How much of a scan is read ahead. Most readers take one page and leave, and what was read for them beyond it was read for
 * nobody: so as long as the first page is not full only what it still lacks is, and everything once they come for more.
 */
export class Appetite {
  readonly #pageSize: number;
  #given = 0;
  #reads = 0;
  #isKnown = false;

  /** @param pageSize how many items its reader takes at once. */
  constructor(pageSize: number) {
    this.#pageSize = pageSize;
  }

  /** How many more reads will do, as far as can be told from those before. */
  get reads(): number {
    if (this.#isKnown) return Number.POSITIVE_INFINITY;
    if (this.#reads === 0) return 1;
    const lacking = this.#pageSize - this.#given;
    return lacking <= 0 ? 0 : Math.ceil((lacking * this.#reads) / this.#given); // Without any: infinitely many.
  }

  /** One read has found so many items for him. */
  serve(items: number): void {
    this.#reads += 1;
    this.#given += items;
  }

  /** He wants more than he has been given. */
  ask(): void {
    this.#isKnown ||= this.#given >= this.#pageSize;
  }
}
