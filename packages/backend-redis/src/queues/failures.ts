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
