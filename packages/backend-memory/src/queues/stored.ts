/** What the store keeps: messages, their deliveries, mailboxes of identities, and the sessions that serve them. */

import type { DeadCode, DurableMessage, MulticastRecord, Settlement } from "@muster/core/slots";
import type { Bucketed, BucketQueue } from "./bucket-queue.ts";

/** One message, whoever it is for; waits in a queue for the end of its retention. */
export interface StoredMessage extends Bucketed<StoredMessage> {
  /** Names it in receipts. */
  readonly number: number;
  /** The store's own copy. */
  readonly content: DurableMessage;
  /** Everyone it was enqueued for, by identity, settled or not. */
  readonly deliveries: Map<string, Delivery>;
  /** The same in UTF-8 order of identity; absent until somebody asks, and after each change. */
  ordered: readonly Delivery[] | undefined;
  /** What is known of its multicast, if that was begun. */
  record: Omit<MulticastRecord, "message"> | undefined;
  delivered: number;
  failed: number;
  /** Its retention has ended: only what is pending and dead letters keep it. */
  isOver: boolean;
}

/** One message for one identity; waits in a queue for whatever time does to it next. */
export interface Delivery extends Bucketed<Delivery> {
  readonly message: StoredMessage;
  readonly identity: string;
  /** Of the life it was enqueued for. */
  epoch: number;
  /** End of its TTL. */
  expiresAt: number;
  /** Number of the call that enqueued it: what "oldest" means. */
  turn: number;
  /** `delayed` is queued too, and not due yet. */
  state: "queued" | "delayed" | "leased" | "delivered" | "failed";
  /** Leases that count. */
  attempts: number;
  /** Number of its last lease; any other receipt is worthless. */
  lease: number;
  /** The attachment that has, or had, its last lease. */
  attachment: number;
  /** How its last lease was settled; absent while it goes on, and when it ended by itself. */
  settledAs: Settlement["as"] | undefined;
  /** Present when `failed`. */
  failure: Failure | undefined;
  /** Where it lies while it is pending, and its neighbours there. */
  mailbox: Mailbox | undefined;
  earlier: Delivery | undefined;
  later: Delivery | undefined;
}

export interface Failure {
  readonly code: DeadCode;
  readonly reason: string;
  readonly diedAt: number;
}

/**
 * The pending deliveries of one identity, in the order in which they were accepted. What is leased stays in its place, so
 * that it need not find it again when it comes back.
 */
export interface Mailbox extends Bucketed<Mailbox> {
  readonly identity: string;
  first: Delivery | undefined;
  last: Delivery | undefined;
  size: number;
  /** How many are leased; nothing more is handed out until none is. */
  leased: number;
  /** Who it is attached to, and as which life of the identity; 0 while it is not. */
  session: Session | undefined;
  epoch: number;
  /** Number of its last attachment, which no other has. */
  attachment: number;
  /** While it is ready: the delivery to be handed out next. */
  due: Delivery | undefined;
}

/** What one process serves. */
export interface Session {
  readonly name: string;
  /** Mailboxes that have something to hand out, by the turn of that. */
  readonly ready: BucketQueue<Mailbox>;
  attached: number;
}
