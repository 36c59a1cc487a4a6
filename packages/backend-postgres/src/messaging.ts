/** The messaging slot on PostgreSQL: messages are rows for a moment, and NOTIFY is the doorbell. */

import {
  checkOutgoing,
  checkPrefetch,
  type BatchFailure,
  type Call,
  type Inbox,
  type InboxOptions,
  Lifecycle,
  type MessagingBackend,
  type MessagingTraits,
  MusterError,
  OperationCall,
  type Outgoing,
  type Scope,
} from "@muster/core/slots";
import { type PostgresCall, type PostgresClient, postgresClient } from "./client.ts";
import { NAME } from "./errors.ts";
import { PostgresInbox } from "./messages/inbox.ts";
import { type Mail, mailOf } from "./messages/mail.ts";
import { publish } from "./messages/publishing.ts";
import { checkOptions, type PostgresOptions } from "./options.ts";
import { openMigrated } from "./schema/upkeep.ts";

export type PostgresMessagingOptions = PostgresOptions;

const TRAITS: MessagingTraits = Object.freeze({
  delivery: "at-most-once",
  order: "per-address",
  retains: false,
  reportsNoReceiver: true,
  maxPayloadBytes: 1_048_576,
  maxBatch: 10_000,
});

/**
 * Messages through PostgreSQL 14 or later, at most once. Each inbox has a connection of its own: one beside the pool, or where
 * a pool is handed in one of that, for as long as it is open.
 *
 * Messages of one address have one order for all inboxes. Batches of one publisher, one after the other, keep theirs on all
 * addresses; within a batch there is no order between those of different ones.
 *
 * @throws CONFIG_INVALID: with a violation for each option that is wrong.
 */
export function postgresMessaging(options: PostgresMessagingOptions): MessagingBackend {
  checkOptions(options);
  return new PostgresMessaging(options);
}

class PostgresMessaging implements MessagingBackend {
  readonly name: string = NAME;
  readonly traits: MessagingTraits = TRAITS;
  readonly #life = new Lifecycle(NAME);
  readonly #client: PostgresClient;
  readonly #inboxes = new Set<PostgresInbox>();
  #mail: Mail | undefined;

  constructor(options: PostgresMessagingOptions) {
    this.#client = postgresClient(options);
  }

  async open({ namespace }: Scope, call: Call): Promise<void> {
    await this.#life.open(call, async (opening) => {
      await openMigrated(this.#client, opening);
      this.#mail = mailOf(this.#client, namespace);
    });
  }

  async publishMany(batch: readonly Outgoing[], call: Call): Promise<readonly BatchFailure[]> {
    return this.#run("publishMany", call, async (mail, sent) => {
      checkOutgoing(batch, this.traits, NAME);
      return publish(mail, batch, sent);
    });
  }

  async openInbox(options: InboxOptions, call: Call): Promise<Inbox> {
    return this.#run("openInbox", call, async (mail, sent) => {
      checkPrefetch(options.prefetch, NAME);
      const onClosed = (closed: PostgresInbox): void => void this.#inboxes.delete(closed);
      const inbox = new PostgresInbox({ mail, lifecycle: this.#life, options, onClosed });
      this.#inboxes.add(inbox);
      await inbox.open(sent);
      if (call.signal.aborted) await inbox.close(); // Nobody waits for it any more.
      return inbox;
    });
  }

  async close(): Promise<void> {
    await this.#life.close(async () => {
      await Promise.all([...this.#inboxes].map(async (inbox) => inbox.close()));
      await this.#client.close();
    });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }

  async #run<T>(operation: string, call: Call, work: (mail: Mail, call: PostgresCall) => Promise<T>): Promise<T> {
    return this.#life.run(operation, call, async () => {
      if (this.#mail === undefined)
        throw new MusterError({ code: "CLOSED", source: NAME, message: "it is not open yet" });
      return work(this.#mail, new OperationCall(call, operation));
    });
  }
}
