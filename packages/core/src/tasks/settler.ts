/**
 * Who is told how something ended, once: the two functions of a promise, or an object that does without one, for where very
 * many wait a promise for each step is most of what they keep. It must not throw.
 */
export interface Settler<Outcome> {
  resolve(outcome: Outcome): void;
  reject(error: unknown): void;
}

/** Tells what a promise comes to. */
export function settleWith<Outcome>(settler: Settler<Outcome>, promise: Promise<Outcome>): void {
  promise.then(
    (outcome) => settler.resolve(outcome),
    (error: unknown) => settler.reject(error),
  );
}

/** The other way round: what is told by `work` as a promise. */
export function settled<Outcome>(work: (settler: Settler<Outcome>) => void): Promise<Outcome> {
  return new Promise((resolve, reject) => {
    work({ resolve, reject });
  });
}
