/** What a report says of those whom nothing final was heard of. */

import type { MusterError } from "../../slots/index.ts";
import type { Tally } from "../report.ts";
import { type SentFrame, STANDING } from "./sent-frame.ts";

const UNANSWERED = "it was not acknowledged in time, and may still be handled";
const UNATTACHED = "it is registered, but no process was attached to it until the deadline";
const UNTRIED = "its receiver had no room for it until the deadline";

/**
 * `timeout` for whoever may have handled it, or may yet; `failed` for those who certainly have not.
 *
 * @param cause why nobody waits any longer.
 */
export function settleRest(frame: SentFrame, cause: MusterError, tally: Tally): void {
  const [unanswered, unattached, untried, unsent]: [string[], string[], string[], string[]] = [[], [], [], []];
  for (let index = 0; index < frame.size; index += 1) {
    if (frame.isSettled(index)) continue;
    const standing = frame.standingAt(index);
    const identity = frame.identityAt(index);
    if (frame.mayBeHandled(index)) unanswered.push(identity);
    else if (standing === STANDING.away || standing === STANDING.looking) unattached.push(identity);
    else if (standing === STANDING.again && frame.refusal === undefined) untried.push(identity);
    else unsent.push(identity);
  }
  tally.miss("timeout", unanswered, "INDETERMINATE", UNANSWERED);
  tally.miss("failed", unattached, "NO_ROUTE", UNATTACHED);
  tally.miss("failed", untried, cause.code, UNTRIED);
  const { code, message } = frame.refusal ?? cause;
  tally.miss("failed", unsent, code, message);
}
