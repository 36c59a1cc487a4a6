/** What becomes of one entry of a batch that nothing was done about. */

import { type BatchFailure, queueFailure, type QueueFailureCode } from "@muster/core/slots";
import { NAME } from "../client.ts";

export type RefusalCode = QueueFailureCode;

/** Calls `apply` for each entry; what it returns is why nothing was done about that one. */
export function refusalsOf<Entry>(
  operation: string,
  entries: readonly Entry[],
  subjectOf: (entry: Entry) => string,
  apply: (entry: Entry) => RefusalCode | undefined,
): readonly BatchFailure[] {
  const failures: BatchFailure[] = [];
  for (const [index, entry] of entries.entries()) {
    const code = apply(entry);
    if (code === undefined) continue;
    failures.push({ index, error: queueFailure(code, `${NAME}.${operation}`, subjectOf(entry)) });
  }
  return failures;
}
