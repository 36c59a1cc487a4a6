/** What stands beside the letter of a delivery: see `scripts/queues/pages.ts`. */

import type { DeadCode } from "@muster/core/slots";

export interface Details {
  readonly attempts: number;
  readonly diedAt: number;
  readonly code: DeadCode;
  readonly reason: string;
}

const CODES: readonly DeadCode[] = ["REJECTED", "DEAD_LETTERED", "UNREGISTERED", "EXPIRED"];

export function detailsIn(text: string): Details {
  const [, attempts, , , diedAt, code, ...reason] = text.split("\0");
  return { attempts: Number(attempts), diedAt: Number(diedAt), code: deadCodeIn(code), reason: reason.join("\0") };
}

/** A code that a later release has stored is none of ours. */
function deadCodeIn(text: string | undefined): DeadCode {
  return CODES.find((code) => code === text) ?? "DEAD_LETTERED";
}
