/** Where one process receives: a queue of its own, with a binding for each address. */

import type { ChannelModel, ConsumeMessage } from "amqplib";
import {
  addressFailures,
  type BatchFailure,
  boundedChannel,
  type Call,
  type Channel,
  type Delivery,
  hasEnded,
  type Headers,
  type Inbox,
  type InboxOptions,
  isAddress,
  MusterError,
  throwIfAborted,
} from "@muster/core/slots";
import { Link } from "../connection/link.ts";
import { type Maker, Standing } from "../connection/standing.ts";
import { codedError, NAME, unavailable } from "../errors.ts";
import { isCut } from "../keys.ts";
import type { Settings } from "../options.ts";
import { addressIn, headersOf } from "../codec.ts";
import { Seat } from "./seat.ts";

/** What waits here at most in bytes, whatever `prefetch` is: the server counts only messages. */
const MAX_WAITING_BYTES = 64 * 1_048_576;

export interface Surroundings {
  readonly settings: Settings;
  readonly exchange: string;
  /** As the client's own operations run. */
  run<T>(operation: string, call: Call, work: () => Promise<T>): Promise<T>;
  onClosed(inbox: RabbitmqInbox): void;
}

export class RabbitmqInbox implements Inbox, Maker<Seat> {
  readonly #around: Surroundings;
  readonly #link: Link;
  readonly #prefetch: number;
  readonly #channel: Channel<Held>;
  readonly #onRoute: (state: "up" | "down") => void;
  /** Those that are live, or will be when the route is up again. */
  readonly #addresses = new Set<string>();
  #standing: Standing<Seat> | undefined;
  #waitingBytes = 0;
  /** Binding and unbinding take turns. */
  #turn: Promise<unknown> = Promise.resolve();
  #closing: Promise<void> | undefined;

  private constructor(around: Surroundings, link: Link, { prefetch, onRoute }: InboxOptions) {
    this.#around = around;
    this.#link = link;
    this.#prefetch = prefetch;
    this.#channel = boundedChannel(prefetch);
    this.#onRoute = onRoute ?? ((): void => {});
  }

  /** On a connection of its own. @throws what has kept it from being ready, coded */
  static async open(around: Surroundings, options: InboxOptions, call: Call): Promise<RabbitmqInbox> {
    const link = await Link.open(around.settings, call);
    const inbox = new RabbitmqInbox(around, link, options);
    try {
      inbox.#standing = await Standing.open(link, inbox, "openInbox", call);
      return inbox;
    } catch (error) {
      await link.close();
      throw error;
    }
  }

  make(model: ChannelModel, fall: (cause: unknown) => void): Promise<Seat> {
    const { exchange } = this.#around;
    const onMessage = (message: ConsumeMessage, seat: Seat): void => this.#take(message, seat);
    return Seat.take(model, { exchange, prefetch: this.#prefetch, onMessage }, this.#addresses, fall);
  }

  onUp(): void {
    this.#onRoute("up");
  }

  onDown(): void {
    this.#onRoute("down");
  }

  /** `undefined` while its route is down. */
  get pulseKey(): string | undefined {
    return this.#standing?.current?.pulseKey;
  }

  /** Nothing reaches its queue any more. */
  renew(): void {
    this.#standing?.renew(new Error("the exchange has been deleted"));
  }

  async addMany(addresses: readonly string[], call: Call): Promise<readonly BatchFailure[]> {
    return this.#run("addMany", call, async (seat) => {
      const added: string[] = [];
      const note = (address: string): void => {
        if (!this.#addresses.has(address)) added.push(address);
      };
      try {
        await seat.bind(new Set(addresses.filter(isAddress)), note);
      } catch (error) {
        await seat.unbind(added).catch(() => undefined); // It falls, and nothing of it stays.
        throw error;
      }
      // Whoever has given up does not listen.
      if (hasEnded(call)) await seat.unbind(added);
      else for (const address of added) this.#addresses.add(address);
      return addressFailures(addresses, `${NAME}.addMany`);
    });
  }

  async removeMany(addresses: readonly string[], call: Call): Promise<readonly BatchFailure[]> {
    return this.#run("removeMany", call, async (seat) => {
      await seat.unbind(new Set(addresses.filter(isAddress)), (address) => void this.#addresses.delete(address));
      return [];
    });
  }

  [Symbol.asyncIterator](): AsyncIterator<readonly Delivery[]> {
    return this.#pages(this.#channel[Symbol.asyncIterator]());
  }

  /** Receives nothing more; what waits is still handed out, then the iteration ends. */
  close(): Promise<void> {
    this.#closing ??= this.#end();
    return this.#closing;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }

  async #end(): Promise<void> {
    this.#standing?.leave();
    this.#channel.close();
    this.#around.onClosed(this);
    await this.#link.close();
  }

  async #run<T>(operation: string, call: Call, work: (seat: Seat) => Promise<T>): Promise<T> {
    return this.#around.run(operation, call, async () => {
      this.#check(operation);
      const turn = this.#turn.then(async () => {
        throwIfAborted(call, `${NAME}.${operation}`);
        return work(this.#check(operation));
      });
      this.#turn = turn.catch(() => undefined); // Told to whoever asked.
      try {
        return await turn;
      } catch (error) {
        throw codedError(error, { operation, mayHaveApplied: true });
      }
    });
  }

  /** @throws CLOSED, UNAVAILABLE */
  #check(operation: string): Seat {
    if (this.#closing !== undefined) {
      const message = "the inbox has been closed";
      throw new MusterError({ code: "CLOSED", source: `${NAME}.${operation}`, message });
    }
    if (this.#standing === undefined) throw unavailable("it is not there yet", { operation });
    return this.#standing.require(operation);
  }

  #take(message: ConsumeMessage, seat: Seat): void {
    const { fields, properties, content } = message;
    const key = fields.routingKey;
    const address = isCut(key) ? addressIn(properties) : key;
    const hasRoom = this.#waitingBytes === 0 || this.#waitingBytes + content.length <= MAX_WAITING_BYTES;
    const isTaken =
      address !== undefined && hasRoom && this.#channel.push(new Held(message, seat, address, headersOf(properties)));
    if (isTaken) this.#waitingBytes += content.length;
    // What is passed over is acknowledged with what waits, or by itself.
    else if (this.#channel.size === 0) this.#acknowledge(message, seat);
  }

  async *#pages(received: AsyncIterator<readonly Held[]>): AsyncGenerator<readonly Delivery[], void, undefined> {
    try {
      for (;;) {
        const page = await received.next();
        if (page.done === true) return;
        for (const { body } of page.value) this.#waitingBytes -= body.length;
        const last = page.value.at(-1);
        if (last !== undefined) this.#acknowledge(last.message, last.seat);
        yield page.value;
      }
    } finally {
      await received.return?.();
      await this.close();
    }
  }

  /** With all before it. */
  #acknowledge(message: ConsumeMessage, seat: Seat): void {
    if (seat === this.#standing?.current) seat.acknowledge(message, true);
  }
}

/** A delivery that waits, with what acknowledges it and all before it. */
class Held implements Delivery {
  readonly address: string;
  readonly headers: Headers;
  readonly body: Uint8Array;
  readonly #message: ConsumeMessage;
  readonly #seat: Seat;

  constructor(message: ConsumeMessage, seat: Seat, address: string, headers: Headers) {
    const { content } = message;
    this.address = address;
    this.headers = headers;
    this.body = new Uint8Array(content.buffer, content.byteOffset, content.length);
    this.#message = message;
    this.#seat = seat;
  }

  get message(): ConsumeMessage {
    return this.#message;
  }

  get seat(): Seat {
    return this.#seat;
  }
}
