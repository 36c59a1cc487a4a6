/** What became of entries of a batch that nothing was done about. */

import { type BatchFailure, type MusterError, queueFailure, type QueueFailureCode } from "@muster/core/slots";
import { NAME } from "../errors.ts";

export type FailureCode = QueueFailureCode;

/** Position in the batch, and why. */
export type Refusal = readonly [index: number, code: FailureCode];

export function codedError(code: FailureCode, operation: string, subject: string): MusterError {
  return queueFailure(code, `${NAME}.${operation}`, subject);
}

export function failuresOf<T>(
  refusals: readonly Refusal[],
  entries: readonly T[],
  subjectOf: (entry: T) => string,
  operation: string,
): readonly BatchFailure[] {
  return refusals.flatMap(([index, code]) => {
    const entry = entries[index];
    return entry === undefined ? [] : [{ index, error: codedError(code, operation, subjectOf(entry)) }];
  });
}
