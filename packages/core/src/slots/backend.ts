/** What all slots have in common: one call, one scope, one life. */

import type { MusterError } from "./errors.ts";
import type { IdentitySchema } from "./schema.ts";

/**
 * Travels with every call into a backend, as its last argument.
 *
 * A backend looks at `signal` before any I/O and while it waits, and rejects with `signal.reason` mapped to a coded
 * error ({@link abortedError}): `TIMEOUT` when a deadline passed, `ABORTED` when the caller gave up. `mayHaveApplied` is
 * true once the request may have left.
 */
export interface Call {
  readonly signal: AbortSignal;
}

/** What one backend object serves. */
export interface Scope {
  /** 1–64 of `[A-Za-z0-9_.-]`. Nothing of one namespace is ever seen in another. */
  readonly namespace: string;
  /** Fields marked `index` are worth an index; everything else is for core. */
  readonly schema?: IdentitySchema;
  /** Registrations the namespace may count; sessions are not counted. Absent: no limit. */
  readonly maxIdentities?: number;
  /** For a durability slot and an outbox; absent: `DEFAULT_DURABILITY_SCOPE`. */
  readonly durability?: DurabilityScope;
}

/** What `open` tells a durability backend beside the namespace, in ms. */
export interface DurabilityScope {
  /** Deliveries that may be queued for one identity; absent: no limit. */
  readonly maxQueued?: number;
  /** How long a multicast and its settled deliveries are known after it began. */
  readonly trackingRetentionMs: number;
  /** How long a dead letter is kept. */
  readonly deadLetterRetentionMs: number;
}

/** What holds when {@link DurabilityScope} is not given: a day, and seven. */
export const DEFAULT_DURABILITY_SCOPE: DurabilityScope = {
  trackingRetentionMs: 86_400_000,
  deadLetterRetentionMs: 604_800_000,
};

/**
 * The life of a slot: made by a factory that does no I/O, opened once for one namespace, closed once.
 *
 * Connections are what factories share; an object is never shared between namespaces. Every method on an object that is
 * not open, or no longer, rejects with `CLOSED`. Traits are final when `open` resolves.
 */
export interface Backend extends AsyncDisposable {
  /** As it stands in error messages: `memory`, `redis`. */
  readonly name: string;
  /** @throws UNAVAILABLE, UNAUTHENTICATED, CONFIG_INVALID, UNSUPPORTED (server too old), CLOSED (opened before). */
  open(scope: Scope, call: Call): Promise<void>;
  /** Ends what it started, rejects what is in flight with `CLOSED`, and is idempotent. Never closes a client handed in. */
  close(): Promise<void>;
}

/**
 * What went wrong with one entry of a batch. Methods that return `readonly BatchFailure[]` report only failures, in
 * ascending order of `index`: `[]` is complete success. A method rejects only when nothing is known of any entry.
 */
export interface BatchFailure {
  /** Position in the batch that was handed in. */
  readonly index: number;
  readonly error: MusterError;
}
