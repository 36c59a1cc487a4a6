/** What the verbs of one fleet share. Each verb is a function over a {@link Context}; the fleet only binds them. */

import type {
  DurabilityBackend,
  IdentitySchema,
  MessagingBackend,
  MulticastReport,
  MusterError,
  RegistryBackend,
} from "./slots/index.ts";
import type { DeliveryGuarantee } from "./fleet.ts";
import type { ReceiptDesk } from "./sending/durable/receipt-desk.ts";
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
  /** How long an ended registration's queue waits for its next life. Default 600,000; 0 without a durability slot. */
  readonly queueGraceMs: number;
  /** How long a durable message that names no TTL waits for its recipients. Default 86,400,000: a day. */
  readonly messageTtlMs: number;
  /** How often a session looks for durable messages that nothing has told it of, ± 20 %. Default 5,000. */
  readonly pollIntervalMs: number;
  /** Lease of a durable message in a handler's hands; extended for as long as the handler runs. Default 30,000. */
  readonly handlerLeaseMs: number;
  /** How long a handler may take before its message is given to the next try. Default 300,000. */
  readonly maxHandlerMs: number;
  /** How long receipts can be read, and an idempotency key is known. Default 86,400,000: a day. */
  readonly trackingRetentionMs: number;
  /** How long dead letters are kept. Default 604,800,000: seven days. */
  readonly deadLetterRetentionMs: number;
}

/** What is known of a multicast under way in this process. */
export interface Run {
  readonly digest: string;
  readonly report: Promise<MulticastReport>;
}

export interface Context {
  readonly namespace: string;
  readonly registry: RegistryBackend;
  readonly messaging: MessagingBackend | undefined;
  readonly durability: DurabilityBackend | undefined;
  /** Guarantee of a multicast that names none. */
  readonly delivery: DeliveryGuarantee;
  readonly schema: IdentitySchema | undefined;
  readonly limits: Limits;
  readonly timing: Timing;
  /** Which sessions live, for `$attached`, takeovers and routes. */
  readonly directory: SessionDirectory;
  /** This process' end of the messaging slot; absent without that slot. */
  readonly node: ReceivingNode | undefined;
  /** Where receipts of durable multicasts arrive. */
  readonly receipts: ReceiptDesk;
  /** Multicasts under way in this process, by idempotency key. */
  readonly runs: Map<string, Run>;
  /** For faults that no caller is waiting for. */
  warn(error: MusterError): void;
}
