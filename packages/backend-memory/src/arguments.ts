/** What is refused before anything happens. */

import { type DequeueOptions, type DurableMessage, MusterError } from "@muster/core/slots";
import { NAME } from "./client.ts";

export const MAX_IDENTITY_BYTES = 256;
export const MAX_PAYLOAD_BYTES = 1_048_576;
export const MAX_BATCH = 1_000;
export const MAX_DURABLE_BATCH = 10_000;
export const MIN_LEASE_MS = 10;
/** Ten years. */
export const MAX_TTL_MS = 315_360_000_000;
export const MAX_LEASE_MS = 86_400_000;
const MAX_MESSAGE_ID_LENGTH = 128;

/** @throws INVALID_ARGUMENT, PAYLOAD_TOO_LARGE */
export function checkMessage({ id, payload }: DurableMessage, operation: string): void {
  const source = `${NAME}.${operation}`;
  if (id === "" || id.length > MAX_MESSAGE_ID_LENGTH)
    throw invalid(source, `a message id has 1 to ${MAX_MESSAGE_ID_LENGTH} characters`, id);
  if (payload.length > MAX_PAYLOAD_BYTES) throw tooLarge(source, payload.length, id);
}

/** @throws INVALID_ARGUMENT */
export function checkDurableBatch({ length }: { readonly length: number }, operation: string): void {
  if (length <= MAX_DURABLE_BATCH) return;
  throw invalid(`${NAME}.${operation}`, `a batch has at most ${MAX_DURABLE_BATCH} entries, not ${length}`);
}

/** @throws INVALID_ARGUMENT */
export function checkTtl(ttlMs: number, operation: string): void {
  if (!(ttlMs > 0 && ttlMs <= MAX_TTL_MS))
    throw invalid(`${NAME}.${operation}`, `a message lives for some time, at most ${MAX_TTL_MS} ms, not ${ttlMs}`);
}

/** @throws INVALID_ARGUMENT */
export function checkDequeue({ max, maxPerIdentity, leaseMs }: DequeueOptions, operation: string): void {
  const least = Math.min(max, maxPerIdentity);
  if (!(least >= 1)) throw invalid(`${NAME}.${operation}`, `at least 1 delivery is asked for, not ${least}`);
  checkLease(leaseMs, operation);
}

/** @throws INVALID_ARGUMENT */
export function checkLease(leaseMs: number, operation: string): void {
  if (!(leaseMs >= MIN_LEASE_MS && leaseMs <= MAX_LEASE_MS))
    throw invalid(`${NAME}.${operation}`, `a lease takes ${MIN_LEASE_MS} to ${MAX_LEASE_MS} ms, not ${leaseMs}`);
}

/** @throws INVALID_ARGUMENT */
export function checkTake(maxTargets: number, operation: string): void {
  if (!(maxTargets >= 1)) throw invalid(`${NAME}.${operation}`, `at least 1 target is asked for, not ${maxTargets}`);
}

function tooLarge(source: string, bytes: number, subject: string): MusterError<"PAYLOAD_TOO_LARGE"> {
  const detail = { bytes, maxBytes: MAX_PAYLOAD_BYTES };
  const message = `a body has at most ${MAX_PAYLOAD_BYTES} bytes, not ${bytes}`;
  return new MusterError({ code: "PAYLOAD_TOO_LARGE", source, subject, message, detail });
}

function invalid(source: string, message: string, subject?: string): MusterError<"INVALID_ARGUMENT"> {
  return new MusterError({ code: "INVALID_ARGUMENT", source, subject, message });
}
