/** The messaging slot on Kafka: a topic for each namespace, of which every address has a partition. */

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
import { type KafkaMessagingOptions, messagingSettingsOf } from "./options.ts";

const MAX_BATCH = 4_096;
/** Of what the topic takes for one record, so much is kept for key and headers, or half of it where that is less. */
const HEADER_BYTES = 8_192;

/**
 * Messaging on connections of its own, for what it publishes and for each inbox, opened and closed with it. No I/O here.
 *
 * @throws CONFIG_INVALID, naming each option.
 */
export function kafkaMessaging(options: KafkaMessagingOptions = {}): MessagingBackend {
  return new KafkaMessaging(new Client(messagingSettingsOf(options)));
}

class KafkaMessaging implements MessagingBackend {
  readonly name: string = NAME;
  readonly #client: Client;
  #traits: MessagingTraits = traitsWith(2);

  constructor(client: Client) {
    this.#client = client;
  }

  get traits(): MessagingTraits {
    return this.#traits;
  }

  async open({ namespace }: Scope, call: Call): Promise<void> {
    this.#traits = traitsWith(await this.#client.open(namespace, call));
  }

  async publishMany(batch: readonly Outgoing[], call: Call): Promise<readonly BatchFailure[]> {
    return this.#client.run("publishMany", call, async () => {
      checkOutgoing(batch, this.#traits, NAME);
      return this.#client.publish(batch, call);
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

function traitsWith(maxBatchBytes: number): MessagingTraits {
  return Object.freeze({
    delivery: "at-least-once",
    order: "per-address",
    retains: false,
    reportsNoReceiver: false,
    maxPayloadBytes: maxBatchBytes - Math.min(HEADER_BYTES, Math.floor(maxBatchBytes / 2)),
    maxBatch: MAX_BATCH,
  });
}
