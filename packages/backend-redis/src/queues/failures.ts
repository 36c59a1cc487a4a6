/** What became of entries of a batch that nothing was done about. */

import { type BatchFailure, type MusterError, queueFailure, type QueueFailureCode } from "@muster/core/slots";
import { NAME } from "../errors.ts";

export type FailureCode = QueueFailureCode;

export function codedError(code: FailureCode, operation: string, subject: string): MusterError {
  return queueFailure(code, `${NAME}.${operation}`, subject);
}

/** In order of the batch. `codes`: by position in it. */
export function failuresOf(
  codes: ReadonlyMap<number, FailureCode>,
  operation: string,
  subjectAt: (index: number) => string,
): readonly BatchFailure[] {
  if (codes.size === 0) return [];
  return [...codes]
    .sort(([one], [other]) => one - other)
    .map(([index, code]) => ({ index, error: codedError(code, operation, subjectAt(index)) }));
}
