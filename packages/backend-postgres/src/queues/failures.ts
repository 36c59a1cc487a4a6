/** What became of entries of a batch that nothing was done about. */

import { type BatchFailure, MusterError } from "@muster/core/slots";
import { NAME } from "../errors.ts";

const MESSAGES = {
  FENCED: "its lease or its attachment has been superseded, or was ended otherwise",
  UNREGISTERED: "what was enqueued for that epoch has been dropped",
  QUEUE_FULL: "as many deliveries are queued for the identity as may be",
  NOT_FOUND: "there is no such dead letter",
} as const;

export type FailureCode = keyof typeof MESSAGES;

export function codedError(code: FailureCode, operation: string, subject: string): MusterError {
  return new MusterError({ code, source: `${NAME}.${operation}`, subject, message: MESSAGES[code] });
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
