/** Queues of those whom no process serves: they are read through, and what is for somebody here comes along. */

import { randomUUID } from "node:crypto";
import type { Channel, ChannelModel, ConsumeMessage } from "amqplib";
import { dropChannel, watch } from "../connection/channels.ts";
import type { Names } from "./names.ts";
import type { Parcel } from "./outlet.ts";

const PREFETCH = 64;
/** Of what tells a reader where it began: one that has died leaves it behind. */
const MARK_TTL_MS = 60_000;
const MARK = "mark:";
/** Nothing comes for so long: others read it, or a server that was killed has nobody yet who leads it. */
const SILENCE_MS = 10_000;

/** Its own, and until when (epoch ms) it means anything. */
function newMark(): string {
  return `${MARK}${Date.now() + MARK_TTL_MS}:${randomUUID()}`;
}

function isStale(mark: string): boolean {
  return Number.parseInt(mark.slice(MARK.length), 10) < Date.now();
}

export interface ParkingOptions {
  readonly names: Names;
  model(): ChannelModel | undefined;
  send(parcel: Parcel): Promise<void>;
  /** Resolves when all of it is safe elsewhere: for whoever is here, or behind all others in its queue. */
  sort(message: ConsumeMessage): Promise<void>;
}

export class Parking {
  readonly #options: ParkingOptions;
  readonly #running = new Map<string, Promise<void>>();
  readonly #next = new Map<string, Promise<void>>();

  constructor(options: ParkingOptions) {
    this.#options = options;
  }

  /** Resolves when everything has been looked at that was there when this was called. Those that come at once share a look. */
  read(queue: string): Promise<void> {
    const running = this.#running.get(queue);
    if (running === undefined) return this.#start(queue);
    const next = this.#next.get(queue);
    if (next !== undefined) return next;
    const after = running.then(
      () => this.#start(queue),
      () => this.#start(queue),
    );
    this.#next.set(queue, after);
    return after;
  }

  #start(queue: string): Promise<void> {
    this.#next.delete(queue);
    const running = this.#read(queue).finally(() => {
      if (this.#running.get(queue) === running) this.#running.delete(queue);
    });
    this.#running.set(queue, running);
    running.catch(() => undefined); // Told to whoever waits.
    return running;
  }

  async #read(queue: string): Promise<void> {
    const model = this.#options.model();
    if (model === undefined) throw new Error("connection closed");
    const channel = await model.createChannel();
    try {
      await this.#readThrough(channel, queue);
    } finally {
      dropChannel(channel);
    }
  }

  /**
   * One reads at a time (`x-single-active-consumer`), so whoever gets anything at all is the one, and reads up to a mark that
   * it sets then. What is for nobody here is sent to the tail, in its order. How much is there the server is not asked: of a
   * queue whose leader does not answer at once it says that it is empty.
   */
  #readThrough(channel: Channel, queue: string): Promise<void> {
    const { names, send, sort } = this.#options;
    const [begin, end] = [newMark(), newMark()];
    const mark = async (text: string): Promise<void> =>
      send({ exchange: names.own, key: queue, body: Buffer.from(text), ttlMs: MARK_TTL_MS });
    return new Promise((resolve, reject) => {
      const sorting = new Set<Promise<void>>();
      let isFirst = true;
      let isOver = false;
      const fail = (error: unknown): void => {
        isOver = true;
        clearTimeout(patience);
        reject(error instanceof Error ? error : new Error(String(error)));
      };
      const patience = setTimeout(() => fail(new Error("channel closed: nothing comes")), SILENCE_MS).unref();
      watch(channel, fail);
      const handle = async (message: ConsumeMessage): Promise<void> => {
        const text = message.content.toString("latin1", 0, MARK.length);
        const marked = text === MARK ? message.content.toString("latin1") : undefined;
        if (marked === end) {
          isOver = true;
          channel.ack(message);
          await Promise.all([...sorting]);
          clearTimeout(patience);
          resolve();
          return;
        }
        if (marked === undefined) await sort(message);
        else if (marked !== begin && !isStale(marked)) await mark(marked);
        channel.ack(message);
      };
      const take = (message: ConsumeMessage | null): void => {
        if (message === null) return fail(new Error("a queue has been deleted"));
        if (isOver) return; // It comes again when the channel ends.
        patience.refresh();
        if (isFirst) mark(end).catch(fail);
        isFirst = false;
        const one = handle(message).catch(fail);
        if (isOver) return;
        sorting.add(one);
        one.then(
          () => sorting.delete(one),
          () => undefined, // It has failed the whole.
        );
      };
      channel
        .prefetch(PREFETCH)
        .then(() => channel.consume(queue, take))
        .then(() => mark(begin))
        .catch(fail);
    });
  }
}
