/** What an inbox has on one connection: a queue, who consumes it, and a few channels that bind and unbind. */

import type { Channel, ChannelModel, ConsumeMessage } from "amqplib";
import { dropChannel, watch } from "../connection/channels.ts";
import type { Work } from "../connection/standing.ts";
import { keyOf, pulseKeyOf, queueFor } from "../keys.ts";

/** The driver sends a channel's next question when the last is answered, so several ask at a time. */
const BINDING_CHANNELS = 8;
/** The most that the protocol lets wait. */
const MAX_PREFETCH = 65_535;
/** What the server keeps for an inbox that doesn't take it; more is refused to whoever sends it. */
const MAX_QUEUED = 65_536;
const MAX_QUEUED_BYTES = 64 * 1_048_576;

export interface SeatOptions {
  readonly exchange: string;
  readonly prefetch: number;
  onMessage(message: ConsumeMessage, seat: Seat): void;
}

export class Seat implements Work {
  readonly #channel: Channel;
  readonly #binders: readonly Channel[];
  readonly #exchange: string;
  readonly #queue: string;

  private constructor(channel: Channel, binders: readonly Channel[], exchange: string, queue: string) {
    this.#channel = channel;
    this.#binders = binders;
    this.#exchange = exchange;
    this.#queue = queue;
  }

  /** What is sent there says whether anything reaches the queue; nobody is told of it. */
  get pulseKey(): string {
    return pulseKeyOf(this.#queue);
  }

  /** Live for all addresses. @throws what the server says; nothing is left of it then. */
  static async take(
    model: ChannelModel,
    { exchange, prefetch, onMessage }: SeatOptions,
    addresses: Iterable<string>,
    fall: (cause: unknown) => void,
  ): Promise<Seat> {
    const channels: Channel[] = [];
    try {
      for (let count = 0; count <= BINDING_CHANNELS; count += 1) {
        const opened = await model.createChannel();
        watch(opened, fall);
        channels.push(opened);
      }
      const [channel, ...binders] = channels;
      if (channel === undefined) throw new Error("no channel was opened");
      const seat = new Seat(channel, binders, exchange, queueFor(exchange));
      await seat.#prepare(Math.min(Math.ceil(prefetch), MAX_PREFETCH));
      await seat.bind(addresses);
      const take = (message: ConsumeMessage | null): void => {
        // The server sends nothing when it has deleted the queue.
        if (message === null) fall(new Error("the queue has been deleted"));
        else if (message.fields.routingKey === seat.pulseKey) seat.acknowledge(message, false);
        else onMessage(message, seat);
      };
      await channel.consume(seat.#queue, take);
      return seat;
    } catch (error) {
      for (const channel of channels) dropChannel(channel);
      throw error;
    }
  }

  /** Resolves when all are live. @throws what the server says; some of them may be live then. */
  async bind(addresses: Iterable<string>, onBound?: (address: string) => void): Promise<void> {
    await this.#spread(addresses, async (channel, address) => {
      await channel.bindQueue(this.#queue, this.#exchange, keyOf(address));
      onBound?.(address);
    });
  }

  /** Resolves when none is live any more. */
  async unbind(addresses: Iterable<string>, onUnbound?: (address: string) => void): Promise<void> {
    await this.#spread(addresses, async (channel, address) => {
      await channel.unbindQueue(this.#queue, this.#exchange, keyOf(address));
      onUnbound?.(address);
    });
  }

  /** Asks for one more, or for as many more as have been delivered up to this one. */
  acknowledge(message: ConsumeMessage, withAllBefore: boolean): void {
    try {
      this.#channel.ack(message, withAllBefore);
    } catch {
      // The channel has just ended, and with it all that it was asked for.
    }
  }

  drop(): void {
    for (const channel of [this.#channel, ...this.#binders]) dropChannel(channel);
  }

  async #prepare(prefetch: number): Promise<void> {
    await this.#channel.assertExchange(this.#exchange, "direct", { durable: true });
    await this.#channel.prefetch(prefetch);
    await this.#channel.assertQueue(this.#queue, {
      exclusive: true,
      autoDelete: true,
      durable: false,
      maxLength: MAX_QUEUED,
      overflow: "reject-publish",
      arguments: { "x-max-length-bytes": MAX_QUEUED_BYTES },
    });
    await this.#channel.bindQueue(this.#queue, this.#exchange, this.pulseKey);
  }

  async #spread(addresses: Iterable<string>, ask: (channel: Channel, address: string) => Promise<void>): Promise<void> {
    const left = addresses[Symbol.iterator]();
    let failure: { readonly error: unknown } | undefined;
    const askInTurn = async (channel: Channel): Promise<void> => {
      for (let next = left.next(); next.done !== true && failure === undefined; next = left.next()) {
        try {
          await ask(channel, next.value);
        } catch (error) {
          failure ??= { error };
        }
      }
    };
    await Promise.all(this.#binders.map(askInTurn));
    if (failure !== undefined) throw failure.error;
  }
}
