/** What is refused before anything is sent. */

import { type DequeueOptions, type DurableMessage, MusterError, type Target } from "@muster/core/slots";
import { NAME } from "../errors.ts";
import { NAME_LIMITS } from "../store/arguments.ts";

export const MAX_PAYLOAD_BYTES = 1_048_576;
export const MAX_BATCH = 10_000;
export const MIN_LEASE_MS = 10;
export const MAX_LEASE_MS = 86_400_000;
/** Ten years. */
export const MAX_TTL_MS = 315_360_000_000;
const MAX_ID_LENGTH = 128;
const MAX_NAME_BYTES = 1_024;

/** @throws INVALID_ARGUMENT, PAYLOAD_TOO_LARGE */
export function checkMessage({ id, payload }: DurableMessage, operation: string): void {
  if (id === "" || id.length > MAX_ID_LENGTH || id.includes("\0"))
    throw invalid(operation, `a message's id has 1 to ${MAX_ID_LENGTH} characters and no NUL`, id);
  if (payload.length <= MAX_PAYLOAD_BYTES) return;
  throw new MusterError({
    code: "PAYLOAD_TOO_LARGE",
    source: `${NAME}.${operation}`,
    subject: id,
    message: `a payload has at most ${MAX_PAYLOAD_BYTES} bytes, not ${payload.length}`,
    detail: { bytes: payload.length, maxBytes: MAX_PAYLOAD_BYTES },
  });
}

/** @throws INVALID_ARGUMENT */
export function checkBatch({ length }: { readonly length: number }, operation: string): void {
  if (length > MAX_BATCH) throw invalid(operation, `a batch has at most ${MAX_BATCH} entries, not ${length}`);
}

/** @throws INVALID_ARGUMENT, INVALID_IDENTITY */
export function checkTargets(targets: readonly Target[], operation: string): void {
  checkBatch(targets, operation);
  for (const { identity, epoch } of targets) {
    checkIdentity(identity, operation);
    if (!Number.isSafeInteger(epoch) || epoch < 0)
      throw invalid(operation, `an epoch is a whole number from 0 to 2^53 - 1, not ${epoch}`, identity);
  }
}

/** @throws INVALID_IDENTITY */
export function checkIdentity(identity: string, operation: string): void {
  if (isName(identity, NAME_LIMITS.maxIdentityBytes)) return;
  const message = `an identity has 1 to ${NAME_LIMITS.maxIdentityBytes} bytes and no NUL`;
  throw new MusterError({ code: "INVALID_IDENTITY", source: `${NAME}.${operation}`, subject: identity, message });
}

/** @throws INVALID_ARGUMENT */
export function checkSession(session: string, operation: string): void {
  if (isName(session, MAX_NAME_BYTES)) return;
  throw invalid(operation, `the id of a session has 1 to ${MAX_NAME_BYTES} bytes and no NUL`, session);
}

/** @throws INVALID_ARGUMENT */
export function checkIdempotencyKey(key: string | undefined): void {
  if (key === undefined || isName(key, MAX_NAME_BYTES)) return;
  throw invalid("begin", `an idempotency key has 1 to ${MAX_NAME_BYTES} bytes and no NUL`, key);
}

/** @throws INVALID_ARGUMENT */
export function checkTtl(ttlMs: number, operation: string): void {
  if (!(ttlMs > 0 && ttlMs <= MAX_TTL_MS))
    throw invalid(operation, `a message lives for more than 0 and at most ${MAX_TTL_MS} ms, not for ${ttlMs}`);
}

/** @throws INVALID_ARGUMENT */
export function checkDequeue({ max, maxPerIdentity, leaseMs }: DequeueOptions): void {
  const least = Math.min(max, maxPerIdentity);
  if (!(least >= 1)) throw invalid("dequeue", `at least 1 delivery is asked for, not ${least}`);
  checkLease(leaseMs, "dequeue");
}

/** @throws INVALID_ARGUMENT */
export function checkLease(leaseMs: number, operation: string): void {
  if (!(leaseMs >= MIN_LEASE_MS && leaseMs <= MAX_LEASE_MS))
    throw invalid(operation, `a lease takes ${MIN_LEASE_MS} to ${MAX_LEASE_MS} ms, not ${leaseMs}`);
}

export function invalid(operation: string, message: string, subject?: string): MusterError<"INVALID_ARGUMENT"> {
  return new MusterError({ code: "INVALID_ARGUMENT", source: `${NAME}.${operation}`, subject, message });
}

/** In bytes of UTF-8, of which a code unit takes three at most. */
function isName(text: string, maxBytes: number): boolean {
  if (text === "" || text.includes("\0")) return false;
  return text.length * 3 <= maxBytes || Buffer.byteLength(text) <= maxBytes;
}
