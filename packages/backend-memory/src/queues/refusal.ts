/** What becomes of one entry of a batch that nothing was done about. */

import { type BatchFailure, MusterError } from "@muster/core/slots";
import { NAME } from "../client.ts";

const MESSAGES = {
  FENCED: "its lease or its attachment has been superseded, or was ended otherwise",
  UNREGISTERED: "what was enqueued for that epoch has been dropped",
  QUEUE_FULL: "as many deliveries are queued for the identity as may be",
  NOT_FOUND: "there is no such dead letter",
} as const;

export type RefusalCode = keyof typeof MESSAGES;

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
    const source = `${NAME}.${operation}`;
    failures.push({
      index,
      error: new MusterError({ code, source, subject: subjectOf(entry), message: MESSAGES[code] }),
    });
  }
  return failures;
}
