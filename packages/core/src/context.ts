/** What the verbs of one fleet share. Each verb is a function over a {@link Context}; the fleet only binds them. */

import type { IdentitySchema, MessagingBackend, MusterError, RegistryBackend } from "./slots/index.ts";
import type { Limits } from "./limits.ts";
import type { ReceivingNode } from "./receiving/node.ts";
import type { SessionDirectory } from "./life/session-directory.ts";

/** Durations of one fleet, in ms. */
export interface Timing {
  /** TTL of a registration that names none. Default 30,000. */
  readonly ttlMs: number;
  /** Lease of this process' session. Default 10,000. */
  readonly sessionLeaseMs: number;
  /** Deadline of a call that names none. Default 10,000. */
  readonly timeoutMs: number;
  /** How often the reaper looks. Default 1,000. */
  readonly reapIntervalMs: number;
  /** How long a reaper keeps a claim. Default 30,000. */
  readonly claimMs: number;
  /** How often the session compares the store with its own table. Default 60,000. */
  readonly auditIntervalMs: number;
}

export interface Context {
  readonly namespace: string;
  readonly registry: RegistryBackend;
  readonly messaging: MessagingBackend | undefined;
  readonly schema: IdentitySchema | undefined;
  readonly limits: Limits;
  readonly timing: Timing;
  /** Which sessions live, for `$attached`, takeovers and routes. */
  readonly directory: SessionDirectory;
  /** This process' end of the messaging slot; absent without that slot. */
  readonly node: ReceivingNode | undefined;
  /** For faults that no caller is waiting for. */
  warn(error: MusterError): void;
}
