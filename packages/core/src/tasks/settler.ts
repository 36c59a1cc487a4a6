/**
 * Who is told how something ended, once: the two functions of a promise, or an object that does without one, for where very
 * many wait a promise for each step is most of what they keep. It must not throw.
 */
export interface Settler<Outcome> {
  resolve(outcome: Outcome): void;
  reject(error: Error): void;
}

/** Tells what a promise that never rejects with anything but an error comes to. */
export function settleWith<Outcome>(settler: Settler<Outcome>, promise: Promise<Outcome>): void {
  promise.then(
    (outcome) => settler.resolve(outcome),
    (error: Error) => settler.reject(error),
  );
}
