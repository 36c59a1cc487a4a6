/** The user's API: what `openRegistry` gives, and what `register` gives. */

import type { FilterInput, Metadata } from "@muster/filter";
import type { DeadLetters } from "./dead-message.ts";
import type { FleetStatus } from "./fleet-status.ts";
import type { HandlerContext, Message } from "./message.ts";
import type { CallOptions, MulticastReport, OutboxBacklog, Receipt } from "./slots/index.ts";

/** How hard a multicast tries. A guarantee the slots can't give is `UNSUPPORTED`, never weakened in silence. */
export type DeliveryGuarantee = "at-most-once" | "at-least-once" | "exactly-once";

/** An identity as callers see it. */
export interface RegisteredIdentity<M extends object = Metadata> {
  readonly identity: string;
  /** `undefined` when it was not asked for; the part asked for under a projection. */
  readonly metadata: M;
  /** Epoch ms, store's clock. */
  readonly registeredAt: number;
  /** Epoch ms, store's clock; absent: its session keeps it alive, or it has no TTL. */
  readonly expiresAt?: number;
  /** Its session lives and messages reach it now. */
  readonly attached: boolean;
  readonly epoch: number;
  readonly revision: number;
}

/** What becomes of a message for which a receiver has no room. `disconnect` detaches the receiver. */
export type OverflowPolicy = "drop-oldest" | "drop-newest" | "disconnect";

/**
 * Returning acknowledges the message; throwing asks for it again, where the multicast's guarantee has it repeated, and is
 * reported as the `handlerError` event; `message.reject(reason)` fails it for good.
 */
export type MessageHandler<Transaction = unknown> = (
  message: Message,
  context: HandlerContext<Transaction>,
) => void | Promise<void>;

export interface AttachOptions<Transaction = unknown> {
  /** Called with one message at a time, in order of arrival. */
  readonly onMessage?: MessageHandler<Transaction>;
  /** Messages that may wait for the receiver. Default 1,000 with `drop-oldest`. */
  readonly inbox?: { readonly capacity?: number; readonly overflow?: OverflowPolicy };
}

export interface RegisterOptions<Transaction = unknown> extends CallOptions, AttachOptions<Transaction> {
  /** Default 30,000; `null`: for ever, refused where `limits.maxTtlMs` is set. */
  readonly ttlMs?: number | null;
  /** Takes over a live registration too. Default false. */
  readonly replace?: boolean;
  /** `session` (default): one renewal per process keeps it alive. `manual`: only `renew()` does. */
  readonly renew?: "session" | "manual";
  /** An address of its own on the broker, for foreign consumers; default: the node address of this process. */
  readonly address?: string;
  /** When its life is lost without this process wanting it. Default `re-register`. */
  readonly onLost?: "re-register" | "stop";
}

/** Why a handle's registration ended. `replaced` is terminal. */
export type LostReason = "fenced" | "expired" | "replaced";

export interface HandleEvents {
  lost: { readonly reason: LostReason };
  /** A lost registration stands again, under a new epoch. */
  restored: { readonly epoch: number };
  routeDown: undefined;
  routeUp: undefined;
  handlerError: { readonly error: unknown; readonly message: Message };
  /** The receiver had no room: how many messages were dropped since the last such event. */
  overflow: { readonly dropped: number };
}

export type Unregistered = "removed" | "absent" | "superseded";

/** One registration of this process. */
export interface Handle<M extends object = Metadata, Transaction = unknown> extends AsyncDisposable {
  readonly identity: string;
  readonly epoch: number;
  readonly revision: number;
  /** As this process last wrote it. */
  readonly metadata: M;
  /**
   * Merge patch (RFC 7396, but `null` is stored and `undefined` deletes): objects merge, arrays replace.
   *
   * @throws FENCED, INVALID_METADATA
   */
  update(patch: MetadataPatch<M>, options?: CallOptions): Promise<void>;
  /** A sign of life; the new `expiresAt`, or `undefined` where its session keeps it. @throws FENCED, NOT_FOUND */
  renew(options?: CallOptions): Promise<number | undefined>;
  /**
   * Removes the registration after giving a running handler half of the deadline to finish; a slow one goes on without
   * it. A handler that awaits this for its own handle therefore waits for half of the deadline: don't await it there.
   * Never throws for an epoch that has been superseded.
   */
  unregister(options?: CallOptions): Promise<Unregistered>;
  /** Attaches a receiver to a registration made without one. @throws INVALID_ARGUMENT when there is one. */
  attach(
    onMessage: MessageHandler<Transaction>,
    options?: CallOptions & Omit<AttachOptions, "onMessage">,
  ): Promise<void>;
  /**
   * Attaches, and gives the messages as they come, until the registration ends or the iteration is left. Asking for the next
   * message acknowledges those before, unless `reject` was called on them. Leaving, by `break` or by an error alike, does
   * not: the message handed out last counts as tried and failed, and is redelivered where something redelivers.
   */
  messages(options?: CallOptions & Omit<AttachOptions, "onMessage">): AsyncIterableIterator<Message>;
  /** The disposer removes the listener. */
  on<Event extends keyof HandleEvents>(event: Event, listener: (detail: HandleEvents[Event]) => void): Disposable;
}

/** Objects merge, arrays replace, `undefined` deletes, `null` is a value. */
export type MetadataPatch<M> = {
  readonly [Key in keyof M]?: PatchOf<M[Key]> | undefined;
};

type PatchOf<Value> = Value extends readonly unknown[] ? Value : Value extends object ? MetadataPatch<Value> : Value;

export interface EnumerateOptions extends CallOptions {
  /** `"f"`, `"f desc"`, `"$registeredAt"`, `"$identity"`; default: by identity in UTF-8 order. */
  readonly sortBy?: readonly string[];
  /** Default 100; at most `limits.maxPageSize`. */
  readonly limit?: number;
  readonly offset?: number;
  /** `nextCursor` of the page before, with the same filter and `sortBy`. @throws INVALID_CURSOR otherwise. */
  readonly cursor?: string;
  /** False: `metadata` is an empty object, and the store need not read it. Default true. */
  readonly includeMetadata?: boolean;
  /** Only these dotted paths of the metadata. */
  readonly projection?: readonly string[];
  /** Also count all that match. Default false. */
  readonly count?: boolean;
}

export interface Page<M extends object = Metadata> {
  readonly identities: readonly RegisteredIdentity<M>[];
  /** Absent: this was the last page. */
  readonly nextCursor?: string;
  /** Only with `count: true`. */
  readonly totalCount?: number;
}

export type Payload = Uint8Array | string | object;

/** `OutboxTransaction` is what the outbox takes for a transaction of its database; `never`: there is no outbox. */
export interface MulticastOptions<OutboxTransaction = never> extends CallOptions {
  /**
   * Default: that of the fleet, else `at-most-once`; with a transaction `at-least-once`, unless that of the fleet is
   * `exactly-once`.
   */
  readonly delivery?: DeliveryGuarantee;
  /**
   * The transaction in which it is recorded, and which stays the caller's: nothing leaves unless it commits. Whom it is for
   * is settled in the call, and its report tells of everyone as `pending`. When the call rejects nothing stands in it.
   */
  readonly transaction?: OutboxTransaction;
  /**
   * The same call under the same key is sent once, whoever repeats it for a day (`timing.trackingRetentionMs`). Takes a
   * durability slot that tracks, or a transaction; each has keys of its own. @throws IDEMPOTENCY_CONFLICT when the key stands
   * for another content.
   */
  readonly idempotencyKey?: string;
  /** How long a durable message waits for its recipients. Default `timing.messageTtlMs`: a day. */
  readonly ttlMs?: number;
  /** Default by type: bytes `application/octet-stream`, string `text/plain; charset=utf-8`, JSON `application/json`. */
  readonly contentType?: string;
  /**
   * Called with every receipt, in pages and in no order; awaited, so that a slow reader holds the multicast back
   * instead of filling memory. The deadline does not interrupt it, but passes meanwhile: what is still to be published
   * then fails with `TIMEOUT`. What it throws ends the multicast as an abort does: nothing more is published, and the
   * call rejects with `ABORTED`, the report in `detail` and what was thrown as the cause of its `cause`.
   */
  readonly onReceipts?: (receipts: readonly Receipt[]) => void | Promise<void>;
}

export interface DeliveriesOptions extends CallOptions {
  /** Only these; default: all. */
  readonly statuses?: readonly ("pending" | "delivered" | "failed")[];
}

/**
 * A namespace of registered identities, seen from one process. `M` is metadata as it is stored, `Input` as `register`
 * takes it, before the schema has filled its gaps; `Transaction` is what the durability slot gives to handlers, and
 * `OutboxTransaction` what the outbox takes from senders.
 */
export interface Fleet<M extends object = Metadata, Input = M, Transaction = unknown, OutboxTransaction = never>
  extends AsyncDisposable {
  readonly namespace: string;
  /**
   * Registers, and returns only when messages can reach the handler.
   *
   * @throws ALREADY_EXISTS, INVALID_IDENTITY, INVALID_METADATA, INVALID_ARGUMENT, QUOTA_EXCEEDED, UNSUPPORTED
   */
  register(identity: string, metadata: Input, options?: RegisterOptions<Transaction>): Promise<Handle<M, Transaction>>;
  get(identity: string, options?: CallOptions): Promise<RegisteredIdentity<M> | undefined>;
  /** `null` or no filter counts everyone. */
  count(filter?: FilterInput<M> | null, options?: CallOptions): Promise<number>;
  /** One page. Not a snapshot, but whoever is registered throughout all pages appears exactly once. */
  enumerate(filter?: FilterInput<M> | null, options?: EnumerateOptions): Promise<Page<M>>;
  /** All that match, in UTF-8 order of identity, page by page behind the scenes. */
  identities(
    filter?: FilterInput<M> | null,
    options?: Pick<EnumerateOptions, "signal" | "includeMetadata" | "projection">,
  ): AsyncIterableIterator<RegisteredIdentity<M>>;
  /**
   * Sends to everyone who matches now; `null` is everyone and must be written. Throws only before the first publish,
   * and when aborted, then with the report in `detail`. With a `transaction` nothing is published here: it throws what makes
   * it impossible to record.
   */
  multicast(
    filter: FilterInput<M> | null,
    payload: Payload,
    options?: MulticastOptions<OutboxTransaction>,
  ): Promise<MulticastReport>;
  /**
   * What has become by now of a durable multicast, or one whose transaction has committed, that any process has sent.
   *
   * @throws NOT_FOUND: none of that id is known any more; UNSUPPORTED where the durability slot does not track, or there is
   * neither that nor an outbox.
   */
  report(id: string, options?: CallOptions): Promise<MulticastReport>;
  /** Receipts of its recipients, in UTF-8 order of identity, page by page behind the scenes. @throws as {@link report}. */
  deliveries(id: string, options?: Omit<DeliveriesOptions, "timeoutMs">): AsyncIterableIterator<Receipt>;
  /**
   * Completes a durable multicast whose sender has died or given up: its filter is resolved again, and whoever has it
   * already gets it no second time. Its report covers all recipients. One that was recorded with a transaction is completed by
   * relays: it is reported as it stands. @throws as {@link report}, and as `multicast`.
   */
  resend(id: string, options?: Pick<MulticastOptions, "signal" | "timeoutMs" | "onReceipts">): Promise<MulticastReport>;
  /** What waits in the outbox, of the whole namespace. @throws UNSUPPORTED where there is none. */
  backlog(options?: CallOptions): Promise<OutboxBacklog>;
  readonly deadLetters: DeadLetters;
  /** By name, whoever serves it. */
  unregister(identity: string, options?: CallOptions): Promise<Unregistered>;
  status(): FleetStatus;
  /**
   * Stops new work and ends this process' registrations. What is under way gets half of `timeoutMs` to finish; the rest,
   * and at most half a second more, is for ending. `leave: "offline"` leaves the registrations to their TTL instead.
   * Idempotent. A handler that awaits it waits for its half of the time.
   */
  close(options?: { readonly leave?: "offline"; readonly timeoutMs?: number }): Promise<void>;
}
