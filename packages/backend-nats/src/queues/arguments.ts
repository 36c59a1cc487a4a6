/** What is refused before anything is sent. */

import { type DurabilityChecks, durabilityChecks } from "@muster/core/slots";
import { NAME } from "../errors.ts";

export const MAX_BATCH = 1_000;
export const MIN_LEASE_MS = 20;
export const MAX_LEASE_MS = 86_400_000;
/** A year. */
export const MAX_TTL_MS = 31_536_000_000;
/** Of what the server lets a message have, so much is kept for what stands beside a payload. */
const HEAD_BYTES = 65_536;

/** Of a server that lets a message have so many bytes. */
export function maxPayloadBytesOf(maxMessageBytes: number): number {
  return Math.max(1, maxMessageBytes - Math.min(HEAD_BYTES, Math.floor(maxMessageBytes / 2)));
}

export function checksOf(maxPayloadBytes: number): DurabilityChecks {
  return durabilityChecks(NAME, {
    maxPayloadBytes,
    maxBatch: MAX_BATCH,
    minLeaseMs: MIN_LEASE_MS,
    maxLeaseMs: MAX_LEASE_MS,
    maxTtlMs: MAX_TTL_MS,
    maxIdentityBytes: 256,
    maxNameBytes: 1_024,
  });
}
