/** What became of entries of a batch that nothing was done about. */

import { type BatchFailure, type MusterError, queueFailure, type QueueFailureCode } from "@muster/core/slots";
import { NAME } from "../errors.ts";

export type FailureCode = QueueFailureCode;

export function codedError(code: FailureCode, operation: string, subject: string): MusterError {
  return queueFailure(code, `${NAME}.${operation}`, subject);
}

/** One for each entry of which `codeOf` tells a code. */
export function failuresOf<T>(
  entries: readonly T[],
  { operation, subjectOf }: { readonly operation: string; readonly subjectOf: (entry: T) => string },
  codeOf: (entry: T, index: number) => FailureCode | undefined,
): readonly BatchFailure[] {
  const failures: BatchFailure[] = [];
  for (const [index, entry] of entries.entries()) {
    const code = codeOf(entry, index);
    if (code !== undefined) failures.push({ index, error: codedError(code, operation, subjectOf(entry)) });
  }
  return failures;
}
