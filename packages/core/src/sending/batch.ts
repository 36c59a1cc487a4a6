/** What the messaging slot is handed at once. */

import type { BatchFailure, MusterError, Outgoing, OutgoingColumns } from "../slots/index.ts";
import type { TimeSlice } from "../tasks/time-slice.ts";
import type { Content } from "../wire/message-frame.ts";
import type { Tally } from "./report.ts";

/** Everyone in it is tallied once, by {@link settle} or by {@link fail}. */
export interface Batch {
  /** Messages. */
  readonly size: number;
  /** Of all bodies. */
  readonly bytes: number;
  /** All its messages. While they are encoded others get their turn. */
  outgoing(content: Content, slice: TimeSlice): Promise<readonly Outgoing[] | OutgoingColumns>;
  /** The broker has answered: what did not fail was delivered. */
  settle(failures: readonly BatchFailure[], tally: Tally): void;
  /** Nothing of it was delivered, as far as anyone knows. */
  fail(error: MusterError, tally: Tally): void;
}

export function miss(recipients: readonly string[], error: MusterError, tally: Tally): void {
  if (error.mayHaveApplied) tally.miss("timeout", recipients, "INDETERMINATE", error.message);
  else tally.miss("failed", recipients, error.code, error.message);
}

/** By index. */
export function errorsOf(failures: readonly BatchFailure[]): ReadonlyMap<number, MusterError> {
  return new Map(failures.map(({ index, error }) => [index, error]));
}
