/** The messaging slot on NATS: a subject for each address, and one flush for each batch. */

import {
  type BatchFailure,
  type Call,
  checkColumns,
  checkOutgoing,
  checkPrefetch,
  type ColumnFacet,
  type Inbox,
  type InboxOptions,
  type MessagingBackend,
  type MessagingTraits,
  type Outgoing,
  type OutgoingColumns,
  type PublishOptions,
  type Scope,
} from "@muster/core/slots";
import { Client } from "./client.ts";
import type { Link } from "./connection/link.ts";
import { codedError, NAME } from "./errors.ts";
import { NatsInbox } from "./inbox/inbox.ts";
import { Subjects } from "./keys.ts";
import { Writer } from "./writing/writer.ts";
import { checkOptions, type NatsOptions, prefixOf } from "./options.ts";

const MAX_BATCH = 4_096;
/** Of what the server lets a message have, so much is kept for headers, or half of it where that is less. */
const HEADER_BYTES = 4_096;

/**
 * Messaging on one connection: one of its own that is opened and closed with it, or one that is handed in. No I/O here.
 *
 * @throws CONFIG_INVALID, naming each option.
 */
export function natsMessaging(options: NatsOptions = {}): MessagingBackend {
  checkOptions(options);
  return new NatsMessaging(options);
}

/** Messages that are to be written, in either way. */
interface Publication {
  write(writer: Writer): readonly BatchFailure[];
  addresses(): readonly string[];
}

class NatsMessaging implements MessagingBackend {
  readonly name: string = NAME;
  readonly columns: ColumnFacet = { publishMany: async (batch, call) => this.#publishColumns(batch, call) };
  readonly #client: Client;
  readonly #prefix: string;
  readonly #inboxes = new Set<NatsInbox>();
  #traits: MessagingTraits = traitsWith(1);
  #subjects = new Subjects("", "");
  #writer: Writer | undefined;

  constructor(options: NatsOptions) {
    this.#client = new Client(options);
    this.#prefix = prefixOf(options);
  }

  get traits(): MessagingTraits {
    return this.#traits;
  }

  async open({ namespace }: Scope, call: Call): Promise<void> {
    await this.#client.open(call, ({ maxMessageBytes }) => {
      this.#traits = traitsWith(maxMessageBytes - Math.min(HEADER_BYTES, Math.floor(maxMessageBytes / 2)));
      this.#subjects = new Subjects(this.#prefix, namespace);
      this.#writer = undefined;
    });
  }

  async publishMany(
    batch: readonly Outgoing[],
    call: Call,
    { confirm = true }: PublishOptions = {},
  ): Promise<readonly BatchFailure[]> {
    return this.#client.run("publishMany", call, async (link) => {
      checkOutgoing(batch, this.#traits, NAME);
      return this.#publish(link, confirm, {
        write: (writer) => writer.write(batch, link.maxMessageBytes),
        addresses: () => batch.map(({ address }) => address),
      });
    });
  }

  async #publishColumns(batch: OutgoingColumns, call: Call): Promise<readonly BatchFailure[]> {
    return this.#client.run("publishMany", call, async (link) => {
      checkColumns(batch, this.#traits, NAME);
      return this.#publish(link, true, {
        write: (writer) => writer.writeColumns(batch, link.maxMessageBytes),
        addresses: () => batch.addresses,
      });
    });
  }

  async openInbox(options: InboxOptions, call: Call): Promise<Inbox> {
    return this.#client.run("openInbox", call, async (link) => {
      checkPrefetch(options.prefetch, NAME);
      link.check({ operation: "openInbox" });
      await link.roundTrip("openInbox");
      const inbox: NatsInbox = new NatsInbox(this.#client, this.#subjects, options, () => this.#inboxes.delete(inbox));
      this.#inboxes.add(inbox);
      return inbox;
    });
  }

  async close(): Promise<void> {
    await this.#client.close(() => {
      for (const inbox of [...this.#inboxes]) inbox.close();
    });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }

  async #publish(link: Link, confirm: boolean, { write, addresses }: Publication): Promise<readonly BatchFailure[]> {
    link.check({ operation: "publishMany" });
    using witness = link.witness();
    // All in one turn: what the connection was checked for holds for every message.
    const failures = write((this.#writer ??= new Writer(link.outlet, this.#subjects)));
    if (!confirm) return failures;
    await link.roundTrip("publishMany");
    return witness.publishing.size === 0 ? failures : this.#withRefused(addresses(), failures, witness.publishing);
  }

  #withRefused(
    addresses: readonly string[],
    failures: readonly BatchFailure[],
    refused: ReadonlyMap<string, Error>,
  ): readonly BatchFailure[] {
    const known = new Map(failures.map((failure) => [failure.index, failure]));
    return addresses.flatMap((address, index) => {
      const failure = known.get(index);
      const refusal = failure ? undefined : refused.get(this.#subjects.of(address));
      if (refusal === undefined) return failure ?? [];
      return { index, error: codedError(refusal, { operation: "publishMany", subject: address }) };
    });
  }
}

function traitsWith(maxPayloadBytes: number): MessagingTraits {
  return Object.freeze({
    delivery: "at-most-once",
    order: "per-publisher",
    retains: false,
    reportsNoReceiver: false,
    maxPayloadBytes,
    maxBatch: MAX_BATCH,
  });
}
