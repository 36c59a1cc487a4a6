/** What many noisy samples of one quantity say together. */

export interface Summary {
  readonly median: number;
  /** The middle half of the samples lies between the two quartiles. */
  readonly q1: number;
  readonly q3: number;
  readonly min: number;
  readonly max: number;
  /** In the order they were taken. */
  readonly samples: readonly number[];
}

/**
 * The value below which a share `q` of `samples` lies, interpolated between neighbours.
 *
 * @throws RangeError for no samples, or `q` outside 0…1.
 */
export function quantile(samples: readonly number[], q: number): number {
  if (q < 0 || q > 1) throw new RangeError(`a quantile is between 0 and 1, not ${q}`);
  const sorted = samples.toSorted((a, b) => a - b);
  const position = (sorted.length - 1) * q;
  const low = sorted[Math.floor(position)];
  const high = sorted[Math.ceil(position)];
  if (low === undefined || high === undefined) throw new RangeError("no samples");
  return low === high ? low : low + (high - low) * (position - Math.floor(position));
}

/** @throws RangeError for no samples. */
export function summarize(samples: readonly number[]): Summary {
  return {
    median: quantile(samples, 0.5),
    q1: quantile(samples, 0.25),
    q3: quantile(samples, 0.75),
    min: quantile(samples, 0),
    max: quantile(samples, 1),
    samples: [...samples],
  };
}

export function sumOf(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0);
}
