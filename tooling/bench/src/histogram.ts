/** How long many things took, whatever their number and however long the longest: nothing is cut off above. */

/** Neighbouring bounds differ by 1 %, so that a quantile is at most so much too high. */
const GROWTH = 1.01;
const STEP = Math.log(GROWTH);
/** What is shorter, a microsecond, is as good as this. */
const SHORTEST_MS = 1e-3;

/** Shares of all, and how long they took at most, ms. */
export interface Distribution {
  readonly name: string;
  readonly count: number;
  readonly p50: number;
  readonly p90: number;
  readonly p99: number;
  readonly p999: number;
  readonly max: number;
}

/** As one process tells another of it. */
export interface HistogramCounts {
  readonly max: number;
  /** By the number of steps from a microsecond. */
  readonly counts: ReadonlyMap<number, number>;
}

export class Histogram {
  #count = 0;
  #max = 0;
  /** By the number of steps from a microsecond. */
  readonly #counts = new Map<number, number>();

  /** @param count of things that took the same. */
  record(ms: number, count = 1): void {
    const step = Math.ceil(Math.log(Math.max(ms, SHORTEST_MS) / SHORTEST_MS) / STEP);
    this.#counts.set(step, (this.#counts.get(step) ?? 0) + count);
    this.#count += count;
    this.#max = Math.max(this.#max, ms);
  }

  get counts(): HistogramCounts {
    return { max: this.#max, counts: new Map(this.#counts) };
  }

  /** What another has recorded, too. */
  add({ max, counts }: HistogramCounts): void {
    for (const [step, count] of counts) {
      this.#counts.set(step, (this.#counts.get(step) ?? 0) + count);
      this.#count += count;
    }
    this.#max = Math.max(this.#max, max);
  }

  get count(): number {
    return this.#count;
  }

  /** The exact longest; 0 of none. */
  get max(): number {
    return this.#max;
  }

  /**
   * How long the fastest share `q` took at most; not a number of none.
   *
   * @throws RangeError for `q` outside 0…1.
   */
  quantile(q: number): number {
    if (q < 0 || q > 1) throw new RangeError(`a quantile is between 0 and 1, not ${q}`);
    let left = Math.max(1, Math.ceil(q * this.#count));
    for (const [step, count] of [...this.#counts].toSorted(([one], [other]) => one - other)) {
      left -= count;
      if (left <= 0) return Math.min(this.#max, SHORTEST_MS * GROWTH ** step);
    }
    return Number.NaN;
  }

  distribution(name: string): Distribution {
    const [p50, p90, p99, p999] = [0.5, 0.9, 0.99, 0.999].map((q) => this.quantile(q)) as [
      number,
      number,
      number,
      number,
    ];
    return { name, count: this.#count, p50, p90, p99, p999, max: this.#max };
  }
}
