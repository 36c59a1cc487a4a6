/** What is refused before anything is sent. */

import { type DurabilityChecks, durabilityChecks } from "@muster/core/slots";
import { NAME } from "../errors.ts";
import { NAME_LIMITS, TEXTS } from "../namespace/arguments.ts";

export const MAX_PAYLOAD_BYTES = 8_388_608;
export const MAX_BATCH = 10_000;
export const MIN_LEASE_MS = 10;
export const MAX_LEASE_MS = 86_400_000;
/** Ten years. */
export const MAX_TTL_MS = 315_360_000_000;

export const checks: DurabilityChecks = durabilityChecks(NAME, {
  maxPayloadBytes: MAX_PAYLOAD_BYTES,
  maxBatch: MAX_BATCH,
  minLeaseMs: MIN_LEASE_MS,
  maxLeaseMs: MAX_LEASE_MS,
  maxTtlMs: MAX_TTL_MS,
  maxIdentityBytes: NAME_LIMITS.maxIdentityBytes,
  maxNameBytes: 1_024,
  texts: TEXTS,
});
