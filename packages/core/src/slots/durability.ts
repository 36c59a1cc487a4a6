/**
 * The durability slot: keep it until they have it.
 *
 * A store keeps messages for recipients until each has settled its own. It knows nothing of filters or handlers: core
 * resolves targets, hands messages to handlers, decides how often to try, and says here what came of it. Five rules hold
 * for every method:
 *
 * - **One delivery per (message id, identity).** Whatever is enqueued twice, by whomever and in whatever batches, is one
 *   delivery, also after it has been settled, for as long as `dedupWindowMs`: at the latest when it is handed out.
 * - **Queues belong to identities.** What was enqueued for one life of an identity is handed to its next one, unless that
 *   life was dropped in between.
 * - **A lease is not an acknowledgement.** What has been handed out comes back, with one attempt more, when its lease ends
 *   before it was settled.
 * - **Epochs fence.** Where `fences` says so, a receipt that an earlier attachment was handed settles nothing any more.
 * - **Accepted is kept.** What `enqueueMany` accepted ends only acknowledged, dead, expired or dropped, through any crash
 *   that the store itself survives.
 *
 * Life of one delivery:
 *
 * ```
 * enqueueMany ──► queued ──dequeue──► leased ──settle "ack"──► delivered
 *                   ▲ │                 │ │
 *                   │ │  "release", "retry", lease over
 *                   └─┼─────────────────┘ └──settle "dead"──► dead letter ──redrive──► queued
 *                     └──ttlMs over──► expired        dropMany ──► dead letter (its reason)
 * ```
 */

import type { Backend, BatchFailure, Call } from "./backend.ts";
import type { DeadLetterFacet } from "./dead-letters.ts";
import type { DeadCode, DurableMessage } from "./durable-message.ts";
import type { TrackingFacet } from "./tracking.ts";
import type { TransactionFacet } from "./transactions.ts";

/** Whom to keep it for: the registration that was resolved. */
export interface Target {
  readonly identity: string;
  readonly epoch: number;
  /** Session that serves it, where one does: where `holds` is `session`, its queue. */
  readonly session?: string | undefined;
}

/** Facts a durability backend states about itself. */
export interface DurabilityTraits {
  /**
   * Where a backlog lies: by recipient, at hand for any process; in a log that is replayed from the recipient's position;
   * or in a queue of the session that served it, from where it is moved when that session dies.
   */
  readonly holds: "recipient" | "log" | "session";
  /**
   * `fifo`: a recipient's messages are handed out in the order in which they were accepted. While one of them is leased by
   * an earlier `dequeue`, or waits for its delay, the later ones of that recipient stay; those of others don't.
   */
  readonly order: "none" | "fifo";
  /**
   * Whether each delivery has a lease that ends by itself, or all of a session end with its connection. `session`: a session is
   * served through the client that has attached somebody to it, and that client alone settles and extends what it has handed out.
   */
  readonly lease: "message" | "session";
  /** `delayMs` of a retry is honoured; false: it comes back at once. */
  readonly delay: boolean;
  /**
   * What makes a receipt worthless: a later attachment of the identity, or the end of its own lease (each with `FENCED`);
   * `none`: late settlements count.
   */
  readonly fences: "epoch" | "lease" | "none";
  /** `DurabilityScope.maxQueued` is enforced. */
  readonly queueQuota: boolean;
  /**
   * How long after its multicast a delivery is known, so that enqueueing it again does nothing; 0: repetitions are told apart
   * only by the process that receives them, also those of a store that has what had ended again when a process died.
   */
  readonly dedupWindowMs: number;
  /**
   * `exact`: every lease counts, through any crash. `settled`: what was handed out and not settled before a crash may not be
   * counted, or once too often.
   */
  readonly attempts: "exact" | "settled";
  /**
   * Who waits in a `dequeue` is answered soon after there is something to hand out, whoever has brought that about: what is
   * enqueued, attached, given back or settled, through any process, and what time alone does. An answer of nothing comes only
   * when `waitMs` are over. So a consumer needs no bell, and no poll beside its waiting.
   */
  readonly wakes: boolean;
  readonly minLeaseMs: number;
  readonly maxLeaseMs: number;
  /** Longest TTL of a message. */
  readonly maxTtlMs: number;
  readonly maxPayloadBytes: number;
  /** Most targets, settlements or receipts in one call. */
  readonly maxBatch: number;
}

/** One message, with those of its recipients that were leased together. */
export interface Leased {
  readonly message: DurableMessage;
  readonly recipients: readonly LeasedRecipient[];
}

export interface LeasedRecipient {
  readonly identity: string;
  /** Of the attachment it is leased to, which need not be the one it was enqueued for. */
  readonly epoch: number;
  /** Opaque; names this lease and no other. */
  readonly receipt: string;
  /** 1 for the first; every lease counts, except those that were released. */
  readonly attempt: number;
}

/**
 * - `ack`: handled. It is never handed out again.
 * - `retry`: comes back after `delayMs` (default 0); its attempt counts.
 * - `release`: comes back at once, in its old place where `order` is `fifo`, and its attempt does not count: nobody has tried.
 * - `dead`: ends as a dead letter with `code` and `reason`.
 */
export type Settlement =
  | { readonly receipt: string; readonly as: "ack" | "release" }
  | { readonly receipt: string; readonly as: "retry"; readonly delayMs?: number }
  | { readonly receipt: string; readonly as: "dead"; readonly code: DeadCode; readonly reason: string };

export interface DequeueOptions {
  /** Most deliveries, over all messages. */
  readonly max: number;
  /**
   * Most deliveries of one identity, so that a slow one with a long backlog leaves room for others. A store that can't
   * choose by identity may hand out more.
   */
  readonly maxPerIdentity: number;
  /**
   * How long the store may wait for something to hand out; unless it `wakes` it may also answer at once. 0: it must. Who
   * waits holds no lease, and does not keep its process alive.
   */
  readonly waitMs: number;
  readonly leaseMs: number;
}

export interface DurabilityBackend<Transaction = unknown> extends Backend {
  readonly traits: DurabilityTraits;

  /**
   * Keeps a message for each target, at most `ttlMs` from now. The targets of one call are accepted or refused one by one;
   * the payload is stored once, however many calls carry it. For who has it already, whatever became of it, nothing happens.
   *
   * Failures: UNREGISTERED (what was enqueued for that epoch has been dropped, where the store can tell), QUEUE_FULL.
   *
   * @throws PAYLOAD_TOO_LARGE, INVALID_ARGUMENT (over `maxBatch` or `maxTtlMs`): before anything was stored. UNAVAILABLE, TIMEOUT,
   * ABORTED, CLOSED: with `mayHaveApplied` some may have been accepted; repeating it is safe.
   */
  enqueueMany(
    message: DurableMessage,
    targets: readonly Target[],
    options: { readonly ttlMs: number },
    call: Call,
  ): Promise<readonly BatchFailure[]>;

  /**
   * From now on these identities' queues are handed to `session`, their backlog first. Attaching the same epoch again is
   * nothing, or moves it to another session. Leases of earlier attachments end at once, as if their time were out: whoever
   * held them may have died of them, so they count. A clean handover detaches first.
   *
   * Failures: FENCED (a higher epoch is attached, or that epoch has been dropped; where `lease` is `session`, as far as this
   * client has seen: between processes the registry is the fence).
   */
  attachMany(session: string, targets: readonly Target[], call: Call): Promise<readonly BatchFailure[]>;

  /** Hands `session` nothing more for these identities, and ends what it holds of them as by `release`. Unknown: nothing. */
  detachMany(session: string, identities: readonly string[], call: Call): Promise<void>;

  /**
   * Leases what is due for the identities attached to `session`, oldest first. `[]`: nothing is at hand. A delivery is leased
   * to one caller at a time. What is past its TTL is never handed out.
   */
  dequeue(session: string, options: DequeueOptions, call: Call): Promise<readonly Leased[]>;

  /**
   * Settles, each receipt for itself. Settling the same way twice is no failure.
   *
   * Failures: FENCED (by what `fences` names, or it was settled differently).
   */
  settleMany(settlements: readonly Settlement[], call: Call): Promise<readonly BatchFailure[]>;

  /** These leases end `leaseMs` from now. Failures: FENCED. */
  extendMany(receipts: readonly string[], leaseMs: number, call: Call): Promise<readonly BatchFailure[]>;

  /**
   * Ends what is queued or leased for these identities and was enqueued for an epoch up to the one given, as dead letters
   * with `code` and `reason`; detaches those epochs, and lets nothing more be enqueued for them. Nothing of a higher epoch is
   * touched. Repeating it is nothing.
   */
  dropMany(
    targets: readonly Target[],
    why: { readonly code: DeadCode; readonly reason: string },
    call: Call,
  ): Promise<void>;

  /**
   * Ends what is past its TTL and forgets what nobody needs to know any more, at most `limit` of each; resolves with how
   * many. Every process calls it now and then; 0 where the store does all that by itself.
   */
  sweep(options: { readonly limit: number }, call: Call): Promise<number>;

  /** Present: multicasts are recorded, and receipts can be read by any process. */
  readonly tracking?: TrackingFacet;
  /** Present: a handler's own writes can commit together with its acknowledgement. */
  readonly transactions?: TransactionFacet<Transaction>;
  /** Present: dead letters can be read, tried again, and thrown away. */
  readonly deadLetters?: DeadLetterFacet;
}
