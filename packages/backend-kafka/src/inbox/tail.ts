/** Reads the live end of the partitions that an inbox listens on, and goes on where it was when brokers come back. */

import { setImmediate as turn, setTimeout as delay } from "node:timers/promises";
import { Backoff, type Call, type Delivery, isMusterError, type MusterError } from "@muster/core/slots";
import { deliveryOf } from "../codec.ts";
import { type FetchAnswer, readFetchAnswer } from "../connection/fetch-answer.ts";
import type { Line, TopicView } from "../connection/line.ts";
import type { Link } from "../connection/link.ts";
import { offsetsOf } from "../connection/offsets.ts";
import { FRESH_MS, type Topic } from "../connection/topic.ts";
import { type Batch, RecordCursor } from "../connection/record-batches.ts";
import { isLed } from "../connection/topics.ts";
import { ANSWERS, answerIn, BrokerAnswer, codedError } from "../errors.ts";
import type { Bell } from "./bell.ts";
import type { Places } from "./places.ts";

/** How long a broker waits for records before it answers that there are none; a new partition is asked for after that. */
const WAIT_MS = 250;
/** Of one answer, and of one partition in it; a larger batch comes whole, by itself. */
const MAX_ANSWER_BYTES = 4 * 1_048_576;
const MAX_PARTITION_BYTES = 1_048_576;
/** Until brokers are asked again who leads a partition that nobody leads. */
const LEADERLESS_MS = 500;
/** With these nothing comes of trying again. */
const FINAL: ReadonlySet<string> = new Set(["PERMISSION_DENIED", "UNAUTHENTICATED", "UNSUPPORTED"]);

export interface TailEvents {
  /** For a live address. */
  onDelivery(delivery: Delivery): void;
  onRoute(state: "up" | "down"): void;
  onFailure(error: MusterError): void;
  /** Whether records that were read still wait for room; what has changed is told by the bell. */
  isFull(): boolean;
}

/** From one look at who leads what until something of it is no longer so. */
interface Life {
  readonly line: Line;
  readonly view: TopicView;
  readonly ending: AbortController;
}

export class Tail {
  readonly #link: Link;
  readonly #topic: Topic;
  readonly #places: Places;
  readonly #events: TailEvents;
  readonly #bell: Bell;
  readonly #backoff = new Backoff();
  readonly #leaving = new AbortController();
  readonly #call: Call = { signal: this.#leaving.signal };
  #life: Life | undefined;
  #isDown = false;
  /** A broker that had the topic has it no more: what there is now is another. */
  #isGone = false;

  /** @param bell rung when `places` has changed, or there is room again. */
  constructor(around: { link: Link; topic: Topic; places: Places; bell: Bell }, events: TailEvents) {
    this.#link = around.link;
    this.#topic = around.topic;
    this.#places = around.places;
    this.#bell = around.bell;
    this.#events = events;
  }

  /** Until it is left, or nothing comes of trying again. */
  async run(): Promise<void> {
    while (!this.#isLeft) {
      if (this.#places.positions.size === 0) await this.#bell.wait();
      else if (!(await this.#live())) return;
    }
  }

  leave(): void {
    this.#leaving.abort();
    this.#life?.ending.abort();
    this.#bell.ring();
  }

  get #isLeft(): boolean {
    return this.#leaving.signal.aborted;
  }

  /** False: it is over. */
  async #live(): Promise<boolean> {
    let line: Line | undefined;
    try {
      line = await this.#link.line(this.#call, "inbox");
      const view = await this.#topic.view(line, this.#call);
      await this.#resume(line, view);
      this.#backoff.reset();
      if (isLed(view)) this.#tell("up");
      await this.#follow({ line, view, ending: new AbortController() });
      return true;
    } catch (error) {
      if (this.#isLeft) return false;
      const coded = codedError(error, { operation: "inbox" });
      this.#tell("down");
      this.#forget(line, error);
      if (!FINAL.has(coded.code)) return this.#pause();
      this.#events.onFailure(coded);
      return false;
    }
  }

  #tell(state: "up" | "down"): void {
    if (this.#isDown === (state === "down")) return;
    this.#isDown = !this.#isDown;
    this.#events.onRoute(state);
  }

  #forget(line: Line | undefined, error: unknown): void {
    this.#topic.forget();
    const answer = answerIn(error);
    if (answer === ANSWERS.unknownTopic) this.#isGone = true;
    if (line !== undefined && answer === undefined && !isMusterError(error)) this.#link.abandon(line);
  }

  async #pause(): Promise<boolean> {
    try {
      await delay(this.#backoff.nextMs(), undefined, this.#call);
      return true;
    } catch {
      return false; // Nothing but leaving ends it.
    }
  }

  /** Where to go on: where it was, unless the log is another, or does not reach back as far. */
  async #resume(line: Line, view: TopicView & { readonly isNew: boolean }): Promise<void> {
    const places = this.#places;
    if (view.isNew || this.#isGone) {
      places.restart(view.leaders.length, () => 0);
    } else if (places.partitions !== view.leaders.length) {
      const partitions = view.leaders.keys();
      const ends = await offsetsOf(line, this.#topic.name, { at: "end", partitions, leaders: view.leaders });
      places.restart(view.leaders.length, (partition) => ends.get(partition) ?? 0);
    }
    this.#isGone = false;
    const partitions = [...places.positions.keys()].filter((partition) => (view.leaders[partition] ?? -1) >= 0);
    const { leaders } = view;
    const [starts, ends] = await Promise.all([
      offsetsOf(line, this.#topic.name, { at: "start", partitions, leaders }),
      offsetsOf(line, this.#topic.name, { at: "end", partitions, leaders }),
    ]);
    for (const [partition, start] of starts) {
      const position = places.positions.get(partition) ?? start;
      if (position > (ends.get(partition) ?? position)) places.rewind(partition, start);
      else if (position < start) places.skipTo(partition, start);
    }
  }

  async #follow(life: Life): Promise<void> {
    const { view } = life;
    this.#life = life;
    const reading = [...new Set(view.leaders)].filter((leader) => leader >= 0).map((one) => this.#read(one, life));
    reading.push(this.#watch(life));
    try {
      await Promise.all(reading);
    } finally {
      life.ending.abort();
      this.#bell.ring();
    }
  }

  /** Whether who leads what, and of how many partitions, is as it was. Fetching tells only of those that are read. */
  async #watch({ line, view, ending: { signal } }: Life): Promise<void> {
    for (;;) {
      await delay(isLed(view) ? FRESH_MS : LEADERLESS_MS, undefined, { signal });
      const now = await line.describe(this.#topic.name);
      if (now.errorCode !== ANSWERS.none) throw new BrokerAnswer(now.errorCode);
      if (now.leaders.length !== view.leaders.length || isLed(now) !== isLed(view)) {
        throw new BrokerAnswer(ANSWERS.notLeader);
      }
    }
  }

  /** What one broker leads. */
  async #read(leader: number, life: Life): Promise<void> {
    const asking = await life.line.reach(leader);
    const { signal } = life.ending;
    while (!signal.aborted) {
      const wanted = this.#events.isFull() ? [] : this.#wantedOf(leader, life.view);
      if (wanted.length === 0) {
        await this.#bell.wait();
        continue;
      }
      const args = {
        ...{ maxWaitTime: WAIT_MS, minBytes: 1, maxBytes: MAX_ANSWER_BYTES, isolationLevel: 0 },
        topics: [{ topic: this.#topic.name, partitions: wanted }],
      };
      const answer = (await asking("Fetch", args, { reading: readFetchAnswer })) as FetchAnswer; // That is what reads it.
      if (signal.aborted) return;
      this.#take(answer);
      if (this.#isAtEnd(answer)) await handled();
    }
  }

  /** Whether there is nothing more to be had for the asking: nobody waits for what may come. */
  #isAtEnd({ partitions }: FetchAnswer): boolean {
    return partitions.every(({ partition, end }) => (this.#places.positions.get(partition) ?? end) >= end);
  }

  #wantedOf(leader: number, { leaders }: TopicView): readonly object[] {
    return [...this.#places.positions].flatMap(([partition, fetchOffset]) =>
      leaders[partition] === leader ? [{ partition, fetchOffset, maxBytes: MAX_PARTITION_BYTES }] : [],
    );
  }

  #take({ errorCode, partitions }: FetchAnswer): void {
    for (const { partition, batches } of partitions) {
      for (const batch of batches) this.#takeBatch(partition, batch);
    }
    const failed = partitions.find((one) => one.errorCode !== ANSWERS.none)?.errorCode ?? errorCode;
    if (failed !== ANSWERS.none) throw new BrokerAnswer(failed);
    const unreadable = partitions.find(({ failure }) => failure !== undefined);
    if (unreadable !== undefined) throw unreadable.failure;
  }

  #takeBatch(partition: number, batch: Batch): void {
    const record = new RecordCursor(batch);
    while (record.next()) {
      const { offset, key } = record;
      if (this.#places.take(partition, offset, key) && key !== undefined) {
        this.#events.onDelivery(deliveryOf(key, record));
      }
    }
    // Its last records may have been taken out of it.
    this.#places.take(partition, batch.lastOffset, undefined);
  }
}

/** Whoever takes what was read goes first, in this turn of the event loop or, where it has had its share, in the next. */
async function handled(): Promise<void> {
  await turn();
  await turn();
}
