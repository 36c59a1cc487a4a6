/** What is refused before anything is sent. */

import { type DurabilityChecks, durabilityChecks } from "@muster/core/slots";
import { NAME } from "../errors.ts";
import { MAX_HELD_MS } from "./tending.ts";

export const MAX_BATCH = 1_000;
export const MIN_LEASE_MS = 1;
export const MAX_LEASE_MS: number = MAX_HELD_MS;
/** The server takes 32 bits of milliseconds. */
export const MAX_TTL_MS: number = 2 ** 32 - 1;
export const MAX_PAYLOAD_BYTES: number = 8 * 1_048_576;

export const checks: DurabilityChecks = durabilityChecks(NAME, {
  maxPayloadBytes: MAX_PAYLOAD_BYTES,
  maxBatch: MAX_BATCH,
  minLeaseMs: MIN_LEASE_MS,
  maxLeaseMs: MAX_LEASE_MS,
  maxTtlMs: MAX_TTL_MS,
  maxIdentityBytes: 256,
  maxNameBytes: 1_024,
});
