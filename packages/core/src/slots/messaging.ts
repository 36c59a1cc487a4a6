/**
 * The messaging slot: reach them now.
 *
 * A broker carries opaque bytes with a few headers to an *address*. It knows nothing of identities, epochs or filters:
 * core frames messages, groups recipients by address and tells receivers apart. An address is any string of 1–256 bytes
 * without control characters: a backend encodes it reversibly, or by a prefix and a 128-bit hash, into what its broker
 * allows, and never lets one act as a wildcard or reach another namespace.
 */

import type { Backend, BatchFailure, Call } from "./backend.ts";

export type Headers = Readonly<Record<string, string>>;

export interface Outgoing {
  readonly address: string;
  /**
   * Lower-case ASCII names; values are non-empty text without control characters, any Unicode, given back unchanged. A
   * broker without headers carries them in a versioned envelope around the body.
   */
  readonly headers: Headers;
  /** Not changed and not kept after `publishMany` has settled. May be empty, which is not the same as absent. */
  readonly body: Uint8Array;
}

/**
 * Messages that are alike but for their addresses and some of their headers: one for each address, of one body. What
 * differs stands in columns, so that nobody makes an object for each message.
 */
export interface OutgoingColumns {
  readonly addresses: readonly string[];
  /** Of all of them, as in {@link Outgoing}. */
  readonly headers: Headers;
  /** The other headers, by name: `columns[name][i]` is of the message to `addresses[i]`. */
  readonly columns: Readonly<Record<string, readonly string[]>>;
  /** As in {@link Outgoing}. */
  readonly body: Uint8Array;
}

/** Owned by the receiver. */
export interface Delivery {
  readonly address: string;
  readonly headers: Headers;
  readonly body: Uint8Array;
}

export interface MessagingTraits {
  /** What happens to an accepted message between broker and a live inbox. */
  readonly delivery: "at-most-once" | "at-least-once";
  /**
   * Which messages arrive at one inbox in the order they were published: none for certain, those of one publisher whatever
   * their address, or those of one address whoever published them. Batches in flight at once have no order between them.
   */
  readonly order: "none" | "per-publisher" | "per-address";
  /** A message for an address that nobody listens on waits there. */
  readonly retains: boolean;
  /** Such a message fails with `NO_ROUTE`; false: it is accepted and lost, and its recipients read `delivered`. */
  readonly reportsNoReceiver: boolean;
  /** Largest body, headers not counted. */
  readonly maxPayloadBytes: number;
  /** Most messages in one `publishMany`. */
  readonly maxBatch: number;
}

export interface MessagingBackend extends Backend {
  readonly traits: MessagingTraits;

  /**
   * Hands every message to the broker and resolves when it has answered for all of them: `[]` means all accepted. Never
   * sends one twice. A failure whose `mayHaveApplied` is set means that the broker did not answer for this message.
   *
   * @throws PAYLOAD_TOO_LARGE, INVALID_ARGUMENT (over `maxBatch`, or what is no address): before anything was sent.
   * @throws UNAVAILABLE, TIMEOUT, ABORTED, CLOSED: nothing is known of any message; see `mayHaveApplied`.
   */
  publishMany(batch: readonly Outgoing[], call: Call, options?: PublishOptions): Promise<readonly BatchFailure[]>;

  /** A process needs one; it receives nothing until it has addresses. */
  openInbox(options: InboxOptions, call: Call): Promise<Inbox>;

  /** For a broker to which messages that are alike can be handed faster than each by itself. */
  readonly columns?: ColumnFacet;
}

export interface ColumnFacet {
  /**
   * As `publishMany` of the slot does with a message for each address, in their order: a failure's index is that of its
   * address.
   *
   * @throws INVALID_ARGUMENT, too: a column that is not as long as the addresses; before anything was sent.
   */
  publishMany(batch: OutgoingColumns, call: Call): Promise<readonly BatchFailure[]>;
}

export interface PublishOptions {
  /**
   * False: nobody needs to know what becomes of these. Then a backend may, and none must, resolve without the broker's answer,
   * with the failures that it knows by itself, once they are on their way. A later `publishMany` without this, be its batch
   * empty, resolves when the broker has answered for these too; until then, closing may lose them. Default true.
   */
  readonly confirm?: boolean;
}

export interface InboxOptions {
  /** Deliveries that may wait in this process before the broker is held back or, where it can't be, drops. */
  readonly prefetch: number;
  /** Called with `down` when its addresses have stopped being live, and with `up` when all of them are live again. */
  readonly onRoute?: (state: "up" | "down") => void;
}

/**
 * Iterate it once, to its end: pages of deliveries, empty ones never. Closing ends the iteration; an inbox that can't go
 * on throws a coded error out of it.
 */
export interface Inbox extends AsyncIterable<readonly Delivery[]>, AsyncDisposable {
  /**
   * Resolves only once live: what anyone publishes after that arrives. Adding twice is once. What is no address fails, by
   * itself, with INVALID_ARGUMENT.
   */
  addMany(addresses: readonly string[], call: Call): Promise<readonly BatchFailure[]>;
  /** Nothing published after it resolved arrives. Removing the unknown is no failure. */
  removeMany(addresses: readonly string[], call: Call): Promise<readonly BatchFailure[]>;
}
