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

/** Position in the batch, and why. */
export type Refusal = readonly [index: number, code: FailureCode];

export function codedError(code: FailureCode, operation: string, subject: string): MusterError {
  return new MusterError({ code, source: `${NAME}.${operation}`, subject, message: MESSAGES[code] });
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
