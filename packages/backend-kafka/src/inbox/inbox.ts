/** Where one process receives: connections of its own, on which it reads what its addresses' partitions get. */

import { setTimeout as delay } from "node:timers/promises";
import {
  addressFailures,
  type BatchFailure,
  boundedChannel,
  type Call,
  type Channel,
  type Delivery,
  hasEnded,
  type Inbox,
  type InboxOptions,
  isAddress,
  isMusterError,
  MusterError,
} from "@muster/core/slots";
import type { Line, TopicView } from "../connection/line.ts";
import { Link } from "../connection/link.ts";
import { offsetsOf } from "../connection/offsets.ts";
import { Topic } from "../connection/topic.ts";
import { isPassing, type TopicPlan } from "../connection/topics.ts";
import { answerIn, codedError, NAME } from "../errors.ts";
import type { ServerSettings } from "../options.ts";
import { Bell } from "./bell.ts";
import { Places } from "./places.ts";
import { Tail, type TailEvents } from "./tail.ts";

/** What waits here at most in bytes before no more is asked for, whatever `prefetch` is. */
const MAX_WAITING_BYTES = 64 * 1_048_576;
const LOOK_AGAIN_MS = 50;

export interface Surroundings {
  readonly settings: ServerSettings;
  readonly plan: TopicPlan;
  /** As the client's own operations run. */
  run<T>(operation: string, call: Call, work: () => Promise<T>): Promise<T>;
  onClosed(inbox: KafkaInbox): void;
}

export class KafkaInbox implements Inbox, TailEvents {
  readonly #around: Surroundings;
  readonly #link: Link;
  readonly #topic: Topic;
  readonly #channel: Channel<Delivery>;
  readonly #prefetch: number;
  readonly #onRoute: (state: "up" | "down") => void;
  readonly #places = new Places();
  readonly #bell = new Bell();
  readonly #tail: Tail;
  /** What was read with others for which there was room: nothing more is asked for while it waits. */
  #overflow: Delivery[] = [];
  #waitingBytes = 0;
  #isClosed = false;

  private constructor(around: Surroundings, { prefetch, onRoute }: InboxOptions) {
    this.#around = around;
    this.#link = new Link(around.settings);
    this.#topic = new Topic(around.plan);
    this.#channel = boundedChannel(prefetch);
    this.#prefetch = prefetch;
    this.#onRoute = onRoute ?? ((): void => {});
    this.#tail = new Tail({ link: this.#link, topic: this.#topic, places: this.#places, bell: this.#bell }, this);
  }

  /** @throws what has kept it from being ready */
  static async open(around: Surroundings, options: InboxOptions, call: Call): Promise<KafkaInbox> {
    const inbox = new KafkaInbox(around, options);
    try {
      await inbox.#topic.view(await inbox.#link.line(call, "openInbox"), call);
      inbox.#tail.run().catch((error: unknown) => inbox.onFailure(codedError(error, { operation: "inbox" })));
      return inbox;
    } catch (error) {
      inbox.#link.close();
      throw error;
    }
  }

  /** Live from the end of its partition on, whatever is read when. */
  async addMany(addresses: readonly string[], call: Call): Promise<readonly BatchFailure[]> {
    return this.#run("addMany", call, async () => {
      const wanted = [...new Set(addresses.filter(isAddress))].filter((address) => !this.#places.has(address));
      while (wanted.length > 0 && !(await this.#add(wanted, call))) await delay(LOOK_AGAIN_MS, undefined, call);
      return addressFailures(addresses, `${NAME}.addMany`);
    });
  }

  async removeMany(addresses: readonly string[], call: Call): Promise<readonly BatchFailure[]> {
    return this.#run("removeMany", call, async () => {
      for (const address of addresses) this.#places.remove(address);
      return [];
    });
  }

  onDelivery(delivery: Delivery): void {
    this.#waitingBytes += delivery.body.length;
    if (this.#overflow.length > 0 || !this.#channel.push(delivery)) this.#overflow.push(delivery);
  }

  onRoute(state: "up" | "down"): void {
    this.#onRoute(state);
  }

  onFailure(error: MusterError): void {
    this.#channel.fail(error);
  }

  isFull(): boolean {
    return this.#channel.size >= this.#prefetch || this.#overflow.length > 0 || this.#waitingBytes > MAX_WAITING_BYTES;
  }

  [Symbol.asyncIterator](): AsyncIterator<readonly Delivery[]> {
    return this.#pages(this.#channel[Symbol.asyncIterator]());
  }

  /** Receives nothing more; what waits is still handed out, then the iteration ends. */
  close(): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    this.#tail.leave();
    this.#link.close();
    this.#channel.close();
    this.#around.onClosed(this);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.close();
  }

  async #run<T>(operation: string, call: Call, work: () => Promise<T>): Promise<T> {
    return this.#around.run(operation, call, async () => {
      if (!this.#isClosed) return work();
      const message = "the inbox has been closed";
      throw new MusterError({ code: "CLOSED", source: `${NAME}.${operation}`, message });
    });
  }

  /** False: who answers for a partition has changed meanwhile. */
  async #add(addresses: readonly string[], call: Call): Promise<boolean> {
    const { generation } = this.#places;
    const line = await this.#link.line(call, "addMany");
    try {
      const view = await this.#topic.view(line, call);
      const ends = await this.#endsOf(addresses, line, view);
      if (this.#places.generation !== generation) return false;
      if (hasEnded(call) || this.#isClosed) return true; // Whoever has given up does not listen.
      const partitions = view.leaders.length;
      for (const address of addresses) {
        const from = ends.get(this.#places.partitionOf(address, partitions)) ?? 0;
        this.#places.add(address, from, partitions);
      }
      this.#bell.ring();
      return true;
    } catch (error) {
      const answer = answerIn(error);
      this.#topic.forget();
      if (answer === undefined && !isMusterError(error)) this.#link.abandon(line);
      if (answer === undefined || !isPassing(answer)) throw error;
      return false;
    }
  }

  #endsOf(addresses: readonly string[], line: Line, { leaders }: TopicView): ReturnType<typeof offsetsOf> {
    const partitions = new Set(addresses.map((address) => this.#places.partitionOf(address, leaders.length)));
    return offsetsOf(line, this.#topic.name, { at: "end", partitions, leaders });
  }

  async *#pages(received: AsyncIterator<readonly Delivery[]>): AsyncGenerator<readonly Delivery[], void, undefined> {
    try {
      for (;;) {
        const page = await received.next();
        if (page.done === true) return;
        for (const { body } of page.value) this.#waitingBytes -= body.length;
        this.#refill();
        yield page.value;
      }
    } finally {
      await received.return?.();
      this.close();
    }
  }

  /** Half at a time, or what is left would be moved with every page. */
  #refill(): void {
    if (this.#overflow.length > 0 && this.#channel.size > this.#prefetch / 2) return;
    this.#overflow = this.#channel.pushAll(this.#overflow);
    if (!this.isFull()) this.#bell.ring();
  }
}
