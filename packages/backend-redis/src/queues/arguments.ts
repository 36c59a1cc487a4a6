/** What is refused before anything is sent. */

import { type DurabilityChecks, durabilityChecks, MusterError, type Target } from "@muster/core/slots";
import { NAME } from "../errors.ts";
import { NAME_LIMITS } from "../store/arguments.ts";

export const MAX_PAYLOAD_BYTES = 1_048_576;
export const MAX_BATCH = 10_000;
export const MIN_LEASE_MS = 10;
export const MAX_LEASE_MS = 86_400_000;
/** Ten years. */
export const MAX_TTL_MS = 315_360_000_000;

const CHECKS: DurabilityChecks = durabilityChecks(NAME, {
  maxPayloadBytes: MAX_PAYLOAD_BYTES,
  maxBatch: MAX_BATCH,
  minLeaseMs: MIN_LEASE_MS,
  maxLeaseMs: MAX_LEASE_MS,
  maxTtlMs: MAX_TTL_MS,
  maxIdentityBytes: NAME_LIMITS.maxIdentityBytes,
  maxNameBytes: 1_024,
});

export const checkMessage: DurabilityChecks["checkMessage"] = CHECKS.checkMessage;
export const checkBatch: DurabilityChecks["checkBatch"] = CHECKS.checkBatch;
export const checkIdentity: DurabilityChecks["checkIdentity"] = CHECKS.checkIdentity;
export const checkSession: DurabilityChecks["checkSession"] = CHECKS.checkSession;
export const checkIdempotencyKey: DurabilityChecks["checkIdempotencyKey"] = CHECKS.checkIdempotencyKey;
export const checkTtl: DurabilityChecks["checkTtl"] = CHECKS.checkTtl;
export const checkDequeue: DurabilityChecks["checkDequeue"] = CHECKS.checkDequeue;
export const checkLease: DurabilityChecks["checkLease"] = CHECKS.checkLease;

/** @throws INVALID_ARGUMENT, INVALID_IDENTITY */
export function checkTargets(targets: readonly Target[], operation: string): void {
  checkBatch(targets, operation);
  for (const { identity, epoch } of targets) checkTarget(identity, epoch, operation);
}

/** @throws INVALID_ARGUMENT, INVALID_IDENTITY */
export function checkTarget(identity: string, epoch: number, operation: string): void {
  checkIdentity(identity, operation);
  if (!Number.isSafeInteger(epoch) || epoch < 0)
    throw invalid(operation, `an epoch is a whole number from 0 to 2^53 - 1, not ${epoch}`, identity);
}

export function invalid(operation: string, message: string, subject?: string): MusterError<"INVALID_ARGUMENT"> {
  return new MusterError({ code: "INVALID_ARGUMENT", source: `${NAME}.${operation}`, subject, message });
}
