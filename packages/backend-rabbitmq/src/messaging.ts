/** The messaging slot on RabbitMQ: a direct exchange for each namespace, a queue for each inbox, a binding for each address. */

import {
  type BatchFailure,
  type Call,
  checkOutgoing,
  checkPrefetch,
  hasEnded,
  type Inbox,
  type InboxOptions,
  Lifecycle,
  type MessagingBackend,
  type MessagingTraits,
  MusterError,
  type Outgoing,
  type Scope,
} from "@muster/core/slots";
import { codedError, NAME } from "./errors.ts";
import { RabbitmqInbox, type Surroundings } from "./inbox/inbox.ts";
import { exchangeOf } from "./keys.ts";
import { type RabbitmqMessagingOptions, type Settings, settingsOf } from "./options.ts";
import { Publisher } from "./publishing/publisher.ts";

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
  return new RabbitmqMessaging(settingsOf(options));
}

class RabbitmqMessaging implements MessagingBackend {
  readonly name: string = NAME;
  readonly traits: MessagingTraits = TRAITS;
  readonly #settings: Settings;
  readonly #life = new Lifecycle(NAME);
  readonly #inboxes = new Set<RabbitmqInbox>();
  #exchange = "";
  #publisher: Publisher | undefined;

  constructor(settings: Settings) {
    this.#settings = settings;
  }

  async open({ namespace }: Scope, call: Call): Promise<void> {
    await this.#life.open(call, async (opening) => {
      this.#exchange = exchangeOf(this.#settings.prefix, namespace);
      try {
        this.#publisher = await Publisher.open(this.#settings, this.#exchange, opening);
      } catch (error) {
        throw codedError(error, { operation: "open" });
      }
    });
  }

  async publishMany(batch: readonly Outgoing[], call: Call): Promise<readonly BatchFailure[]> {
    return this.#run("publishMany", call, async (publisher) => {
      checkOutgoing(batch, TRAITS, NAME);
      return publisher.publish(batch, call);
    });
  }

  async openInbox(options: InboxOptions, call: Call): Promise<Inbox> {
    return this.#run("openInbox", call, async () => {
      checkPrefetch(options.prefetch, NAME);
      const around: Surroundings = {
        settings: this.#settings,
        exchange: this.#exchange,
        run: (operation, inner, work) => this.#run(operation, inner, work),
        onClosed: (inbox) => void this.#inboxes.delete(inbox),
      };
      const inbox = await RabbitmqInbox.open(around, options, call);
      this.#inboxes.add(inbox);
      if (this.#life.state !== "open" || hasEnded(call)) await inbox.close(); // Nobody waits for it any more.
      return inbox;
    });
  }

  async close(): Promise<void> {
    await this.#life.close(async () => {
      await Promise.all([this.#publisher?.close(), ...[...this.#inboxes].map((inbox) => inbox.close())]);
    });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }

  /** @throws CLOSED, TIMEOUT, ABORTED; otherwise what `work` throws, coded. */
  #run<T>(operation: string, call: Call, work: (publisher: Publisher) => Promise<T>): Promise<T> {
    return this.#life.run(operation, call, async () => {
      if (this.#publisher === undefined) {
        throw new MusterError({ code: "CLOSED", source: `${NAME}.${operation}`, message: "it is not open" });
      }
      try {
        return await work(this.#publisher);
      } catch (error) {
        throw codedError(error, { operation });
      }
    });
  }
}
