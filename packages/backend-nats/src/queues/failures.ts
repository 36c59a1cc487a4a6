/** What became of entries of a batch that nothing was done about. */

import { type BatchFailure, queueFailure, type QueueFailureCode } from "@muster/core/slots";
import { NAME } from "../errors.ts";

/** By what was found for each of a batch, in its order. */
export function failuresOf(
  codes: readonly (QueueFailureCode | undefined)[],
  operation: string,
  subjectAt: (index: number) => string,
): readonly BatchFailure[] {
  return codes.flatMap((code, index) =>
    code === undefined ? [] : [{ index, error: queueFailure(code, `${NAME}.${operation}`, subjectAt(index)) }],
  );
}
