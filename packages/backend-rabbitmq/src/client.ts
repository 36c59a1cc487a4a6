/** The life of one object: the connection that publishes, those of its inboxes, and how its calls end. */

import { type Call, hasEnded, type InboxOptions, Lifecycle, MusterError } from "@muster/core/slots";
import { codedError, NAME } from "./errors.ts";
import { RabbitmqInbox } from "./inbox/inbox.ts";
import { Pulse } from "./inbox/pulse.ts";
import { exchangeOf } from "./keys.ts";
import type { Settings } from "./options.ts";
import { Publisher } from "./publishing/publisher.ts";

export class Client {
  readonly #settings: Settings;
  readonly #life = new Lifecycle(NAME);
  readonly #inboxes = new Set<RabbitmqInbox>();
  readonly #pulse: Pulse = new Pulse(this.#inboxes, async (keys, call) => this.#probe(keys, call));
  #exchange = "";
  #publisher: Publisher | undefined;

  constructor(settings: Settings) {
    this.#settings = settings;
  }

  async open(namespace: string, call: Call): Promise<void> {
    await this.#life.open(call, async (opening) => {
      this.#exchange = exchangeOf(this.#settings.prefix, namespace);
      const onUp = (): void => this.#pulse.feel();
      try {
        this.#publisher = await Publisher.open(this.#settings, this.#exchange, onUp, opening);
      } catch (error) {
        throw codedError(error, { operation: "open" });
      }
    });
  }

  /** @throws CLOSED, TIMEOUT, ABORTED; otherwise what `work` throws, coded. */
  run<T>(operation: string, call: Call, work: (publisher: Publisher) => Promise<T>): Promise<T> {
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

  /** For the inside of {@link run}. */
  async openInbox(options: InboxOptions, call: Call): Promise<RabbitmqInbox> {
    const around = {
      settings: this.#settings,
      exchange: this.#exchange,
      run: <T>(operation: string, inner: Call, work: () => Promise<T>) => this.run(operation, inner, work),
      onClosed: (closed: RabbitmqInbox) => void this.#inboxes.delete(closed),
    };
    const inbox = await RabbitmqInbox.open(around, options, call);
    this.#inboxes.add(inbox);
    this.#pulse.start();
    if (this.#life.state !== "open" || hasEnded(call)) await inbox.close(); // Nobody waits for it any more.
    return inbox;
  }

  async close(): Promise<void> {
    await this.#life.close(async () => {
      this.#pulse.stop();
      await Promise.all([this.#publisher?.close(), ...[...this.#inboxes].map((inbox) => inbox.close())]);
    });
  }

  async #probe(keys: readonly string[], call: Call): Promise<readonly number[]> {
    return (await this.#publisher?.probe(keys, call)) ?? [];
  }
}
