/** What the store is told of an outcome. */

import type { Settlement } from "../../slots/index.ts";
import type { Outcome } from "../outcome.ts";

const FIRST_DELAY_MS = 100;
const MAX_DELAY_MS = 60_000;
const MAX_REASON = 1_000;

/** One try of one delivery. */
export interface Try {
  readonly receipt: string;
  readonly attempt: number;
}

/** What has thrown comes back after a while, unless this was its last try. */
export function settlementOf({ receipt, attempt }: Try, outcome: Outcome, maxAttempts: number): Settlement {
  switch (outcome.as) {
    case "handled":
      return { receipt, as: "ack" };
    case "rejected":
      return { receipt, as: "dead", code: "REJECTED", reason: shortened(outcome.reason) };
    case "untried":
      return { receipt, as: "release" };
    case "thrown":
      return attempt < maxAttempts
        ? { receipt, as: "retry", delayMs: retryDelayMs(attempt) }
        : { receipt, as: "dead", code: "DEAD_LETTERED", reason: shortened(messageOf(outcome.error)) };
  }
}

/** For a message that is not to be tried again. */
export function triedOut({ receipt, attempt }: Try): Settlement {
  return { receipt, as: "dead", code: "DEAD_LETTERED", reason: `tried ${attempt - 1} times` };
}

/** Doubles with each try up to a minute; of that, anything between half and all. */
export function retryDelayMs(attempt: number): number {
  const delayMs = Math.min(MAX_DELAY_MS, FIRST_DELAY_MS * 2 ** Math.min(attempt - 1, 16));
  return Math.ceil(delayMs * (0.5 + 0.5 * Math.random()));
}

function messageOf(error: unknown): string {
  const message = error instanceof Error ? error.message : String(error);
  return message === "" ? "its handler threw" : message;
}

function shortened(reason: string): string {
  return reason.length <= MAX_REASON ? reason : `${reason.slice(0, MAX_REASON - 1)}…`;
}
