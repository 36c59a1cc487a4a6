/** What is refused before anything is sent. */

import { MusterError } from "@muster/core/slots";
import { NAME } from "../errors.ts";
import { NAME_LIMITS } from "../store/arguments.ts";

const MAX_RELAY_BYTES = NAME_LIMITS.maxIdentityBytes;

/** @throws INVALID_ARGUMENT */
export function checkRelay(relay: string, operation: string): void {
  if (relay !== "" && !relay.includes("\0") && Buffer.byteLength(relay) <= MAX_RELAY_BYTES) return;
  throw invalid(operation, `the name of a relay has 1 to ${MAX_RELAY_BYTES} bytes and no NUL`, relay);
}

/** @throws INVALID_ARGUMENT */
export function checkTake(maxTargets: number): void {
  if (!(maxTargets >= 1)) throw invalid("take", `at least 1 target is asked for, not ${maxTargets}`);
}

export function invalid(operation: string, message: string, subject?: string): MusterError<"INVALID_ARGUMENT"> {
  return new MusterError({ code: "INVALID_ARGUMENT", source: `${NAME}.${operation}`, subject, message });
}
