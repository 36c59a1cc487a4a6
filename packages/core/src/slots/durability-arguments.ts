/** What durability backends refuse before anything is sent, and what they say of entries that nothing was done about. */

import type { DequeueOptions, DurabilityTraits, Target } from "./durability.ts";
import type { DurableMessage } from "./durable-message.ts";
import { MusterError } from "./errors.ts";
import { type Texts, WITHOUT_NUL } from "./registry-arguments.ts";

const MAX_ID_LENGTH = 128;

const FAILURES = {
  FENCED: "its lease or its attachment has been superseded, or was ended otherwise",
  UNREGISTERED: "what was enqueued for that epoch has been dropped",
  QUEUE_FULL: "as many deliveries are queued for the identity as may be",
  NOT_FOUND: "there is no such dead letter",
} as const;

export type QueueFailureCode = keyof typeof FAILURES;

/** Why nothing was done about one entry of a batch. */
export function queueFailure(code: QueueFailureCode, source: string, subject: string): MusterError {
  return new MusterError({ code, source, subject, message: FAILURES[code] });
}

export interface DurabilityLimits
  extends Pick<DurabilityTraits, "maxPayloadBytes" | "maxBatch" | "minLeaseMs" | "maxLeaseMs" | "maxTtlMs"> {
  readonly maxIdentityBytes: number;
  /** Of sessions' ids and idempotency keys. */
  readonly maxNameBytes: number;
  /** Default: those without a NUL. */
  readonly texts?: Texts;
}

/** Each throws INVALID_ARGUMENT; that of a message PAYLOAD_TOO_LARGE, too, and those of identities INVALID_IDENTITY. */
export interface DurabilityChecks {
  readonly checkMessage: (message: DurableMessage, operation: string) => void;
  readonly checkBatch: (batch: { readonly length: number }, operation: string) => void;
  readonly checkTargets: (targets: readonly Target[], operation: string) => void;
  /** One of a batch. */
  readonly checkTarget: (target: Target, operation: string) => void;
  readonly checkIdentity: (identity: string, operation: string) => void;
  readonly checkSession: (session: string, operation: string) => void;
  readonly checkIdempotencyKey: (key: string | undefined, operation: string) => void;
  readonly checkTtl: (ttlMs: number, operation: string) => void;
  readonly checkDequeue: (options: DequeueOptions) => void;
  readonly checkLease: (leaseMs: number, operation: string) => void;
}

/** @param name the backend's, as it stands in the source of errors. */
export function durabilityChecks(name: string, limits: DurabilityLimits): DurabilityChecks {
  const { maxPayloadBytes, maxBatch, minLeaseMs, maxLeaseMs, maxTtlMs, texts = WITHOUT_NUL } = limits;
  const { maxIdentityBytes, maxNameBytes } = limits;
  const invalid = (operation: string, message: string, subject?: string): MusterError<"INVALID_ARGUMENT"> =>
    new MusterError({ code: "INVALID_ARGUMENT", source: `${name}.${operation}`, subject, message });
  const isName = (text: string, maxBytes: number): boolean =>
    text !== "" && texts.isOne(text) && !isLongerThan(text, maxBytes);

  const checks: DurabilityChecks = {
    checkMessage({ id, payload }, operation) {
      if (id === "" || id.length > MAX_ID_LENGTH || !texts.isOne(id))
        throw invalid(operation, `a message's id has 1 to ${MAX_ID_LENGTH} characters${texts.words}`, id);
      if (payload.length <= maxPayloadBytes) return;
      throw new MusterError({
        code: "PAYLOAD_TOO_LARGE",
        source: `${name}.${operation}`,
        subject: id,
        message: `a payload has at most ${maxPayloadBytes} bytes, not ${payload.length}`,
        detail: { bytes: payload.length, maxBytes: maxPayloadBytes },
      });
    },
    checkBatch({ length }, operation) {
      if (length > maxBatch) throw invalid(operation, `a batch has at most ${maxBatch} entries, not ${length}`);
    },
    checkTargets(targets, operation) {
      checks.checkBatch(targets, operation);
      for (const target of targets) checks.checkTarget(target, operation);
    },
    checkTarget({ identity, epoch }, operation) {
      checks.checkIdentity(identity, operation);
      if (!Number.isSafeInteger(epoch) || epoch < 0)
        throw invalid(operation, `an epoch is a whole number from 0 to 2^53 - 1, not ${epoch}`, identity);
    },
    checkIdentity(identity, operation) {
      if (isName(identity, maxIdentityBytes)) return;
      const message = `an identity has 1 to ${maxIdentityBytes} bytes${texts.words}`;
      throw new MusterError({ code: "INVALID_IDENTITY", source: `${name}.${operation}`, subject: identity, message });
    },
    checkSession(session, operation) {
      if (isName(session, maxNameBytes)) return;
      throw invalid(operation, `the id of a session has 1 to ${maxNameBytes} bytes${texts.words}`, session);
    },
    checkIdempotencyKey(key, operation) {
      if (key === undefined || isName(key, maxNameBytes)) return;
      throw invalid(operation, `an idempotency key has 1 to ${maxNameBytes} bytes${texts.words}`, key);
    },
    checkTtl(ttlMs, operation) {
      if (!(ttlMs > 0 && ttlMs <= maxTtlMs))
        throw invalid(operation, `a message lives for more than 0 and at most ${maxTtlMs} ms, not for ${ttlMs}`);
    },
    checkDequeue({ max, maxPerIdentity, leaseMs }) {
      const least = Math.min(max, maxPerIdentity);
      if (!(least >= 1)) throw invalid("dequeue", `at least 1 delivery is asked for, not ${least}`);
      checks.checkLease(leaseMs, "dequeue");
    },
    checkLease(leaseMs, operation) {
      if (!(leaseMs >= minLeaseMs && leaseMs <= maxLeaseMs))
        throw invalid(operation, `a lease takes ${minLeaseMs} to ${maxLeaseMs} ms, not ${leaseMs}`);
    },
  };
  return checks;
}

/** In bytes of UTF-8, of which a code unit takes three at most. */
function isLongerThan(text: string, maxBytes: number): boolean {
  return text.length * 3 > maxBytes && Buffer.byteLength(text) > maxBytes;
}
