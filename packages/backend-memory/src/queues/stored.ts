/** What the store keeps: messages, their deliveries, mailboxes of identities, and the sessions that serve them. */

import type { DeadCode, DurableMessage, MulticastRecord, Settlement } from "@muster/core/slots";
import type { Bucketed, BucketQueue } from "./bucket-queue.ts";
import type { Deliveries } from "./deliveries.ts";

/** One message, whoever it is for; waits in a queue for the end of its retention. */
export interface StoredMessage extends Bucketed<StoredMessage> {
  /** Larger than that of every earlier message; names it in receipts. */
  readonly number: number;
  /** The store's own copy. */
  readonly content: DurableMessage;
  /** Everyone it was enqueued for, settled or not. */
  readonly deliveries: Deliveries<Delivery>;
  /** What is known of its multicast, if that was begun. */
  record: Omit<MulticastRecord, "message"> | undefined;
  delivered: number;
  failed: number;
  /** Its retention has ended: only what is pending and dead letters keep it. */
  isOver: boolean;
}

/** One call that put deliveries into their queues. */
export interface Intake {
  /** Larger than that of every earlier one: what "oldest" means. */
  readonly turn: number;
  /** End of the TTL. */
  readonly expiresAt: number;
}

/** One message for one identity; waits in a queue for whatever time does to it next. */
export interface Delivery extends Bucketed<Delivery> {
  readonly message: StoredMessage;
  /** Names it in receipts, among those of its message. */
  readonly place: number;
  /** Of its identity, where it lies while it is pending, between these neighbours. */
  readonly mailbox: Mailbox;
  earlier: Delivery | undefined;
  later: Delivery | undefined;
  intake: Intake;
  /** Of the life it was enqueued for. */
  epoch: number;
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
}

interface Failure {
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
  /** Deliveries of the identity that are known, pending or not. */
  known: number;
  /** Highest number of a message among all it ever got: what is above was never here. */
  newest: number;
  /** The one that was asked for after it when it last was. */
  follower: Mailbox | undefined;
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
