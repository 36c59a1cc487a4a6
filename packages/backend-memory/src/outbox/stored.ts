/** What the outbox keeps: multicasts, and the parcels in which their recipients wait. */

import type { MulticastStart, OutboxCode } from "@muster/core/slots";
import type { Bucketed } from "../queues/bucket-queue.ts";

/** Waits in a queue: for its hand-over by when it was recorded, then for the end of its retention. */
export interface StoredMulticast extends Bucketed<StoredMulticast> {
  /** The store's own copy. */
  readonly start: MulticastStart;
  readonly startedAt: number;
  readonly expiresAt: number;
  /** How long it is known after it has ended. */
  readonly retentionMs: number;
  /** Everyone it is for, in UTF-8 order of identity. */
  readonly recipients: readonly Recipient[];
  waiting: number;
  delivered: number;
  failed: number;
}

export interface Recipient {
  readonly identity: string;
  readonly epoch: number;
  status: "waiting" | "handed" | "delivered" | "failed";
  /** Present when `failed`. */
  failure: { readonly code: OutboxCode; readonly reason: string } | undefined;
}

/** Waits in a queue for whatever time does to it next. */
export interface StoredParcel extends Bucketed<StoredParcel> {
  /** Larger than that of every earlier one: its name, and what "oldest" means. */
  readonly turn: number;
  readonly shard: number;
  readonly multicast: StoredMulticast;
  /** Those that wait, in UTF-8 order of identity. */
  recipients: readonly Recipient[];
  attempts: number;
}
