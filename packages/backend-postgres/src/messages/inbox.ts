/** Where one process receives: a bounded number of deliveries; what there is no room for stays in the table. */

import {
  addressFailures,
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
import type { PostgresCall } from "../client.ts";
import { NAME, postgresError } from "../errors.ts";
import { Listening } from "./listening.ts";
import type { Mail } from "./mail.ts";
import { Reading } from "./reading.ts";

export interface InboxParts {
  readonly mail: Mail;
  readonly lifecycle: Lifecycle;
  readonly options: InboxOptions;
  onClosed(inbox: PostgresInbox): void;
}

/** It has a connection of its own: an inbox that nobody reads holds up no other, nor any publisher. */
export class PostgresInbox implements Inbox {
  readonly #parts: InboxParts;
  readonly #listening: Listening;
  readonly #reading: Reading;
  readonly #waiting: Channel<Delivery>;
  /** What has come in the last rows beyond what there was room for. */
  #overflow: readonly Delivery[] = [];
  #closing: Promise<void> | undefined;

  constructor(parts: InboxParts) {
    const { mail, options } = parts;
    this.#parts = parts;
    this.#waiting = boundedChannel(options.prefetch);
    this.#listening = new Listening(mail, {
      onRing: () => this.#reading.ring(),
      onRoute: (state) => options.onRoute?.(state),
      onFailed: (error) => this.#waiting.fail(error),
    });
    this.#reading = new Reading({
      line: () => this.#listening.line,
      room: () => (this.#overflow.length > 0 ? 0 : options.prefetch - this.#waiting.size),
      take: (deliveries) => this.#admit(deliveries),
      fail: (error) => this.#waiting.fail(postgresError(error, `${NAME}.inbox`)),
    });
  }

  /** Rejects with a coded error, and is closed then. */
  async open(call: PostgresCall): Promise<void> {
    try {
      await this.#listening.open(call);
    } catch (error) {
      await this.close();
      throw error;
    }
  }

  async addMany(addresses: readonly string[], call: Call): Promise<readonly BatchFailure[]> {
    return this.#run("addMany", call, async (sent) => {
      await this.#listening.add(addresses.filter(isAddress), sent);
      return addressFailures(addresses, `${NAME}.addMany`);
    });
  }

  async removeMany(addresses: readonly string[], call: Call): Promise<readonly BatchFailure[]> {
    return this.#run("removeMany", call, async (sent) => {
      await this.#listening.remove(addresses.filter(isAddress), sent);
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
        this.#admit(this.#overflow);
        this.#reading.resume();
        yield page.value;
      }
    } finally {
      await received.return?.();
      await this.close();
    }
  }

  #admit(deliveries: readonly Delivery[]): void {
    const left = this.#waiting.pushAll(deliveries);
    this.#overflow = this.#closing === undefined ? left : [];
  }

  async #close(): Promise<void> {
    this.#waiting.close();
    this.#overflow = [];
    this.#reading.stop();
    this.#parts.onClosed(this);
    await this.#listening.close();
  }

  async #run<T>(operation: string, call: Call, work: (call: PostgresCall) => Promise<T>): Promise<T> {
    return this.#parts.lifecycle.run(operation, call, async () => {
      this.#checkOpen(operation);
      try {
        return await work({ signal: call.signal, operation });
      } finally {
        this.#checkOpen(operation);
      }
    });
  }

  #checkOpen(operation: string): void {
    if (this.#closing === undefined) return;
    throw new MusterError({ code: "CLOSED", source: `${NAME}.${operation}`, message: "the inbox has been closed" });
  }
}
