/** What is refused before anything is sent. */

import { type DurabilityChecks, durabilityChecks } from "@muster/core/slots";
import { NAME } from "../errors.ts";

export const MAX_BATCH = 10_000;
export const MIN_LEASE_MS = 1;
export const MAX_LEASE_MS: number = 2 ** 31 - 1;
/** A record has a head and at least one recipient, too; brokers take 1 MiB without being told otherwise. */
export const MAX_PAYLOAD_BYTES: number = 960 * 1_024;

/** @param maxTtlMs as long as anything is kept. */
export function checksFor(maxTtlMs: number): DurabilityChecks {
  return durabilityChecks(NAME, {
    maxPayloadBytes: MAX_PAYLOAD_BYTES,
    maxBatch: MAX_BATCH,
    minLeaseMs: MIN_LEASE_MS,
    maxLeaseMs: MAX_LEASE_MS,
    maxTtlMs,
    maxIdentityBytes: 256,
    maxNameBytes: 1_024,
  });
}
