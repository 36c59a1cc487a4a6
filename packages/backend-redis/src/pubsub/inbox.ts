/** Where one process receives: a bounded number of deliveries, and a server that is held back when there are more. */

import {
  addressFailures,
  Arrived,
  isAddress,
  type BatchFailure,
  boundedChannel,
  type Call,
  type Channel,
  type Delivery,
  type Inbox,
  type InboxOptions,
  type Lifecycle,
  MusterError,
} from "@muster/core/slots";
import type { RedisClient } from "../client.ts";
import { NAME, redisError } from "../errors.ts";
import type { Arrival } from "./arrivals.ts";
import type { Channels } from "./channels.ts";
import { EnvelopeReader } from "./envelope.ts";
import { Subscriptions } from "./subscriptions.ts";

export interface InboxParts {
  readonly client: RedisClient;
  readonly channels: Channels;
  readonly lifecycle: Lifecycle;
  readonly options: InboxOptions;
  onClosed(inbox: RedisInbox): void;
}

/** It has connections of its own: an inbox that nobody reads holds up no other. */
export class RedisInbox implements Inbox {
  readonly #parts: InboxParts;
  readonly #subscriptions: Subscriptions;
  readonly #envelopes = new EnvelopeReader();
  readonly #waiting: Channel<Delivery>;
  /** What had been read from the socket already when there was no more room: one chunk of a connection at most. */
  #overflow: Delivery[] = [];
  #closing: Promise<void> | undefined;

  constructor(parts: InboxParts) {
    const { client, channels, options } = parts;
    this.#parts = parts;
    this.#waiting = boundedChannel(options.prefetch);
    this.#subscriptions = new Subscriptions(client, channels, {
      onMessage: (address, arrival) => this.#take(address, arrival),
      onRoute: (state) => options.onRoute?.(state),
    });
  }

  /** Rejects with a coded error, and is closed then. */
  async open(): Promise<void> {
    try {
      await this.#subscriptions.open();
    } catch (error) {
      await this.close();
      throw redisError(error, `${NAME}.openInbox`);
    }
  }

  async addMany(addresses: readonly string[], call: Call): Promise<readonly BatchFailure[]> {
    return this.#run("addMany", call, async () => {
      await this.#subscriptions.add(addresses.filter(isAddress));
      return addressFailures(addresses, `${NAME}.addMany`);
    });
  }

  async removeMany(addresses: readonly string[], call: Call): Promise<readonly BatchFailure[]> {
    return this.#run("removeMany", call, async () => {
      await this.#subscriptions.remove(addresses.filter(isAddress));
      return [];
    });
  }

  [Symbol.asyncIterator](): AsyncIterator<readonly Delivery[]> {
    return this.#pages(this.#waiting[Symbol.asyncIterator]());
  }

  /** What waits is still handed out, then the iteration ends. */
  async close(): Promise<void> {
    this.#closing ??= this.#close();
    await this.#closing;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }

  async *#pages(received: AsyncIterator<readonly Delivery[]>): AsyncGenerator<readonly Delivery[], void, undefined> {
    try {
      while (true) {
        const page = await received.next();
        if (page.done === true) return;
        this.#admit();
        yield page.value;
      }
    } finally {
      await received.return?.();
      await this.close();
    }
  }

  #take(address: string, arrival: Arrival): void {
    const envelope = this.#envelopes.read(arrival);
    if (envelope === undefined) return; // Published by another version, or by none of ours.
    const delivery = new Arrived(address, envelope.headers, envelope.body);
    if (this.#overflow.length === 0 && this.#waiting.push(delivery)) return;
    if (this.#closing !== undefined) return;
    this.#overflow.push(delivery);
    this.#subscriptions.pause(true);
  }

  /** There is room again. */
  #admit(): void {
    this.#overflow = this.#waiting.pushAll(this.#overflow);
    if (this.#overflow.length === 0) this.#subscriptions.pause(false);
  }

  async #close(): Promise<void> {
    this.#waiting.close();
    this.#overflow = [];
    this.#parts.onClosed(this);
    await this.#subscriptions.close();
  }

  async #run<T>(operation: string, call: Call, work: () => Promise<T>): Promise<T> {
    const source = `${NAME}.${operation}`;
    return this.#parts.lifecycle.run(operation, call, async () => {
      this.#checkOpen(source);
      try {
        return await work();
      } catch (error) {
        this.#checkOpen(source);
        throw redisError(error, source);
      }
    });
  }

  #checkOpen(source: string): void {
    if (this.#closing === undefined) return;
    throw new MusterError({ code: "CLOSED", source, message: "the inbox has been closed" });
  }
}
