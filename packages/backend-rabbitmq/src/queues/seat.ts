/** What a process has on one connection: its queue, the strays, its bell, and who consumes them. */

import type { Channel, ChannelModel, ConsumeMessage } from "amqplib";
import { dropChannel, watch } from "../connection/channels.ts";
import type { Work } from "../connection/standing.ts";
import { keyOf } from "../keys.ts";
import type { Names } from "./names.ts";
import { declare, isEmptyForOne, quorum, SETTLING_MS } from "./topology.ts";

/** Frames that a process has in its hands at most. */
export const PREFETCH = 128;
const PREFETCH_STRAYS = 32;

export interface SeatOptions {
  readonly names: Names;
  readonly queue: string;
  /** Must not throw, any of them. */
  onFrame(message: ConsumeMessage, seat: Seat): void;
  onStray(message: ConsumeMessage, seat: Seat): void;
  onBell(body: Buffer): void;
  /** Somebody has deleted the queue. */
  onDeleted(queue: string): void;
}

export class Seat implements Work {
  readonly model: ChannelModel;
  readonly #channel: Channel;
  readonly #options: SeatOptions;
  readonly #binding = new Map<string, Promise<void>>();

  /** Resolves when the queue is as safe as the server makes it: nothing is to be confirmed by it before. */
  readonly settled: Promise<void>;
  isOver = false;
  #bell = "";
  /** Monotonic: when something was asked that the server has answered. */
  #answeredAt = Number.NEGATIVE_INFINITY;
  /** What is in it outlives the server. */
  isSettled = false;

  private constructor(model: ChannelModel, channel: Channel, options: SeatOptions) {
    this.settled = new Promise((resolve) => {
      setTimeout(() => {
        this.isSettled = true;
        resolve();
      }, SETTLING_MS).unref();
    });
    this.model = model;
    this.#channel = channel;
    this.#options = options;
  }

  /** @throws what the server says; nothing is left of it then. */
  static async take(model: ChannelModel, options: SeatOptions, fall: (cause: unknown) => void): Promise<Seat> {
    const channel = await model.createChannel();
    watch(channel, fall);
    const { names, queue, onFrame, onStray, onBell, onDeleted } = options;
    try {
      await declare(channel, names);
      await channel.assertQueue(queue, quorum());
      await channel.bindQueue(queue, names.own, queue);
      const seat = new Seat(model, channel, options);
      const consume = async (from: string, take: (message: ConsumeMessage) => void, noAck = false): Promise<void> => {
        const receive = (message: ConsumeMessage | null): void => {
          if (message !== null) return take(message);
          onDeleted(from);
          fall(new Error("a queue has been deleted"));
        };
        await channel.consume(from, receive, { noAck });
      };
      const bell = await channel.assertQueue("", { exclusive: true, autoDelete: true, durable: false });
      seat.#bell = bell.queue;
      await channel.bindQueue(bell.queue, names.bell, "");
      await consume(bell.queue, ({ content }) => onBell(content), true);
      await channel.prefetch(PREFETCH);
      await consume(queue, (message) => onFrame(message, seat));
      await channel.prefetch(PREFETCH_STRAYS);
      await consume(names.strays, (message) => onStray(message, seat));
      return seat;
    } catch (error) {
      dropChannel(channel);
      throw error;
    }
  }

  get queue(): string {
    return this.#options.queue;
  }

  /** Resolves when what is sent to the session reaches this queue. Not before the queue is safe. */
  bind(session: string): Promise<void> {
    const known = this.#binding.get(session);
    if (known !== undefined) return known;
    const binding = this.#bind(session);
    this.#binding.set(session, binding);
    binding.catch(() => void this.#binding.delete(session));
    return binding;
  }

  /** Declares and binds all of it again: the server tells nobody of an exchange that was deleted. */
  async refresh(): Promise<void> {
    const { names, queue } = this.#options;
    await declare(this.#channel, names);
    await this.#channel.bindQueue(queue, names.own, queue);
    await this.#channel.bindQueue(this.#bell, names.bell, "");
    for (const session of this.#binding.keys()) await this.#channel.bindQueue(queue, names.incoming, keyOf(session));
  }

  /** Nothing that is sent to these reaches the queue any more; default: this process' own. */
  async unbind(sessions: Iterable<string>, queue: string = this.queue): Promise<void> {
    for (const session of sessions)
      await this.#channel.unbindQueue(queue, this.#options.names.incoming, keyOf(session));
  }

  /** Resolves when the server has dealt with all that was asked before, acknowledgements included. */
  async sync(): Promise<{ readonly isEmpty: boolean }> {
    const askedAt = performance.now();
    const isEmpty = isEmptyForOne(await this.#channel.checkQueue(this.#options.queue));
    this.#answeredAt = Math.max(this.#answeredAt, askedAt);
    return { isEmpty };
  }

  /** Asks unless it has done so within that time: a process that stood still may have been given up since. */
  async hear(withinMs: number): Promise<void> {
    if (performance.now() - this.#answeredAt > withinMs) await this.sync();
  }

  ack(message: ConsumeMessage): void {
    try {
      if (!this.isOver) this.#channel.ack(message);
    } catch {
      // The channel has just ended, and with it all that it was asked for.
    }
  }

  async deleteQueue(): Promise<void> {
    await this.#channel.deleteQueue(this.#options.queue);
  }

  drop(): void {
    this.isOver = true;
    dropChannel(this.#channel);
  }

  async #bind(session: string): Promise<void> {
    await this.settled;
    await this.#channel.bindQueue(this.#options.queue, this.#options.names.incoming, keyOf(session));
  }
}
