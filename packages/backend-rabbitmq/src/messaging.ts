/** The messaging slot on RabbitMQ: a direct exchange for each namespace, a queue for each inbox, a binding for each address. */

import {
  type BatchFailure,
  type Call,
  checkOutgoing,
  checkPrefetch,
  type Inbox,
  type InboxOptions,
  type MessagingBackend,
  type MessagingTraits,
  type Outgoing,
  type Scope,
} from "@muster/core/slots";
import { Client } from "./client.ts";
import { NAME } from "./errors.ts";
import { type RabbitmqMessagingOptions, settingsOf } from "./options.ts";

const TRAITS: MessagingTraits = Object.freeze({
  delivery: "at-most-once",
  order: "per-publisher",
  retains: false,
  reportsNoReceiver: true,
  /** As large as servers of all versions take without being told to. */
  maxPayloadBytes: 16 * 1_048_576,
  maxBatch: 4_096,
});

/**
 * Messaging on one connection that publishes, and one more for each inbox, opened and closed with it. No I/O here.
 *
 * @throws CONFIG_INVALID, naming each option.
 */
export function rabbitmqMessaging(options: RabbitmqMessagingOptions = {}): MessagingBackend {
  return new RabbitmqMessaging(new Client(settingsOf(options)));
}

class RabbitmqMessaging implements MessagingBackend {
  readonly name: string = NAME;
  readonly traits: MessagingTraits = TRAITS;
  readonly #client: Client;

  constructor(client: Client) {
    this.#client = client;
  }

  async open({ namespace }: Scope, call: Call): Promise<void> {
    await this.#client.open(namespace, call);
  }

  async publishMany(batch: readonly Outgoing[], call: Call): Promise<readonly BatchFailure[]> {
    return this.#client.run("publishMany", call, async (publisher) => {
      checkOutgoing(batch, TRAITS, NAME);
      return publisher.publish(batch, call);
    });
  }

  async openInbox(options: InboxOptions, call: Call): Promise<Inbox> {
    return this.#client.run("openInbox", call, async () => {
      checkPrefetch(options.prefetch, NAME);
      return this.#client.openInbox(options, call);
    });
  }

  async close(): Promise<void> {
    await this.#client.close();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }
}
