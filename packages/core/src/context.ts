/** What the verbs of one fleet share. Each verb is a function over a {@link Context}; the fleet only binds them. */

import type {
  DurabilityBackend,
  IdentitySchema,
  MessagingBackend,
  MulticastReport,
  MusterError,
  OutboxBackend,
  RegistryBackend,
} from "./slots/index.ts";
import type { DeliveryGuarantee } from "./fleet.ts";
import type { ReceiptDesk } from "./sending/durable/receipt-desk.ts";
import type { Limits } from "./limits.ts";
import type { ReceivingNode } from "./receiving/node.ts";
import type { SessionDirectory } from "./life/session-directory.ts";
import type { Timing } from "./timing.ts";

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
  readonly outbox: OutboxBackend | undefined;
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
