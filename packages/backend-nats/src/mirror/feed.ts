/**
 * Keeps {@link Entries} as the stream has them: a consumer delivers what is stored, in its order, and whoever waits for a
 * place in the stream learns when everything up to there is known.
 *
 * What a consumer misses while there is no connection it delivers afterwards, from the place that was reached. After a
 * longer time, and when the stream is another, everything is read anew: messages that said what was deleted may have been
 * swept meanwhile.
 */

import type { Msg } from "@nats-io/transport-node";
import { isMusterError, type MusterError } from "@muster/core/slots";
import { setTimeout as wait } from "node:timers/promises";
import type { Link } from "../connection/link.ts";
import { codedError, unavailable } from "../errors.ts";
import type { JetStream } from "../jetstream/api.ts";
import { ask } from "../store/questions.ts";
import { decodeRecord } from "../store/record.ts";
import { ensureStream, type Stream, type StreamNames } from "../store/stream.ts";
import { Consumer } from "./consumer.ts";
import type { Delivered } from "./delivery.ts";
import { Entries } from "./entries.ts";
import { entryOf } from "./entry.ts";
import { Reach } from "./reach.ts";
import type { StreamClock } from "./stream-clock.ts";

/** What was deleted is swept after twice this time at the earliest (`../store/sweeping.ts`). */
export const LONGEST_PAUSE_MS = 300_000;
/** While somebody waits and nothing comes. */
const STALL_MS = 1_000;
const [SHORTEST_RETRY_MS, LONGEST_RETRY_MS] = [50, 2_000];

export interface FeedOptions {
  readonly link: Link;
  readonly jetStream: JetStream;
  readonly names: StreamNames;
  readonly clock: StreamClock;
}

export class Feed {
  readonly #options: FeedOptions;
  readonly #reach = new Reach();
  readonly #following: Disposable;
  #entries = new Entries();
  #lastTime = 0;
  #stream: Stream | undefined;
  #consumer: Consumer | undefined;
  #isLive = false;
  #isClosed = false;
  #isStarting = false;
  #isRestarting = false;
  #failure: MusterError | undefined;
  /** On a clock that also goes on while the machine sleeps. */
  #heardAt = 0;
  #stall: NodeJS.Timeout | undefined;
  /** What was reached when it was last looked whether anything comes. */
  #seen = 0;

  constructor(options: FeedOptions) {
    this.#options = options;
    this.#following = options.link.follow({
      onRoute: (state) => (state === "up" ? this.restart() : this.#lose(undefined)),
      onEnd: (error) => this.#lose(error),
    });
  }

  get entries(): Entries {
    return this.#entries;
  }

  /** Place in the stream up to which everything is known. */
  get reached(): number {
    return this.#reach.reached;
  }

  /** When the last message that is known was stored, epoch ms. */
  get lastTime(): number {
    return this.#lastTime;
  }

  /** @throws UNAVAILABLE while it is not known what the stream holds; nothing was sent. */
  check(operation: string): Stream {
    this.#options.link.check({ operation });
    if (this.#failure !== undefined) throw this.#failure;
    if (this.#isLive && this.#stream !== undefined) return this.#stream;
    throw unavailable("what the stream holds is being read", { operation });
  }

  /** Resolves when all that the stream holds now is known. @throws UNAVAILABLE, UNSUPPORTED, CONFIG_INVALID */
  async open(): Promise<void> {
    await this.#start("open");
  }

  /** Resolves when everything up to that place is known. @throws UNAVAILABLE with `mayHaveApplied`: that is lost. */
  async reach(place: number): Promise<void> {
    if (place <= this.#reach.reached) return;
    const reached = this.#reach.wait(place);
    this.#watch();
    await reached;
  }

  /** Reads on with another consumer, or everything anew, in its own time; until then nothing is known. */
  restart(): void {
    if (this.#isClosed) return;
    this.#isLive = false;
    if (this.#isStarting) this.#reach.giveUp(unavailable("something was missing", { operation: "connection" }));
    if (this.#isStarting || this.#isRestarting) return;
    this.#isRestarting = true;
    this.#restart().catch((cause: unknown) => this.#fail(codedError(cause, { operation: "connection" })));
  }

  close(): void {
    this.#isClosed = true;
    this.#following[Symbol.dispose]();
    clearTimeout(this.#stall);
    this.#consumer?.close();
    this.#reach.giveUp(unavailable("it has been closed", { operation: "close", mayHaveApplied: true }));
  }

  async #restart(): Promise<void> {
    const { link } = this.#options;
    try {
      for (let pause = SHORTEST_RETRY_MS; !this.#isClosed && link.isUp; pause = Math.min(2 * pause, LONGEST_RETRY_MS)) {
        try {
          await this.#start("connection");
          return;
        } catch (error) {
          if (!isMusterError(error, "UNAVAILABLE")) throw error;
          await wait(pause, undefined, { ref: false });
        }
      }
    } finally {
      this.#isRestarting = false;
    }
  }

  async #start(operation: string): Promise<void> {
    const { link, jetStream, names, clock } = this.#options;
    this.#isStarting = true;
    try {
      this.#consumer?.close();
      const { stream, last } = await ensureStream(jetStream, names, { operation, former: this.#stream });
      const isOther = stream.epochBase !== this.#stream?.epochBase || last < this.#reach.reached;
      if (isOther || Date.now() - this.#heardAt > LONGEST_PAUSE_MS) this.#forget(stream);
      clock.forget();
      const consumer = new Consumer(link, jetStream, stream, {
        onMessage: (message, delivered) => this.#take(message, delivered),
        onHeartbeat: () => void (this.#heardAt = Date.now()),
        onGap: () => this.restart(),
      });
      this.#consumer = consumer;
      await consumer.start(this.#reach.reached + 1, operation);
      this.#heardAt = Date.now();
      await this.reach(last);
      this.#isLive = link.isUp && this.#failure === undefined;
      if (this.#failure !== undefined) throw this.#failure;
    } finally {
      this.#isStarting = false;
    }
  }

  #forget(stream: Stream): void {
    this.#stream = stream;
    this.#entries = new Entries();
    this.#reach.beginAnew(unavailable("the stream is another", { operation: "connection", mayHaveApplied: true }));
  }

  #take(message: Msg, delivered: Delivered): void {
    const { clock } = this.#options;
    const { sequence, time } = delivered;
    clock.hear(time);
    this.#lastTime = time;
    this.#heardAt = Date.now();
    const { subjects, epochBase } = this.#stream ?? { subjects: "", epochBase: 0 };
    try {
      if (message.subject.startsWith(`${subjects}k.`)) {
        this.#entries.put(entryOf(decodeRecord(message.string()), delivered, epochBase));
      }
      this.#reach.advance(sequence);
    } catch (error) {
      this.#fail(codedError(error, { operation: "connection" }));
    }
  }

  /** For good: what the stream holds can't be understood. */
  #fail(error: MusterError): void {
    this.#failure = error;
    this.#lose(error);
  }

  #lose(cause: unknown): void {
    this.#isLive = false;
    clearTimeout(this.#stall);
    this.#stall = undefined;
    this.#reach.giveUp(unavailable("the connection broke", { operation: "connection", mayHaveApplied: true }, cause));
  }

  /** Something has been waited for and has not come: either there is no more, or the consumer is gone. */
  #watch(): void {
    if (this.#stall !== undefined) return;
    this.#seen = this.#reach.reached;
    this.#stall = setTimeout(() => {
      this.#stall = undefined;
      if (!this.#reach.isAwaited || this.#isClosed || !this.#options.link.isUp) return;
      if (this.#reach.reached > this.#seen) return this.#watch();
      this.#inspect().catch(() => this.restart());
    }, STALL_MS);
    this.#stall.unref();
  }

  async #inspect(): Promise<void> {
    const { jetStream } = this.#options;
    const [place, stream, consumer] = [this.#reach.next, this.#stream, this.#consumer];
    if (stream === undefined || consumer === undefined || place === undefined) return;
    const hasAll = await consumer.hasAll("connection");
    const found = await ask(jetStream, `STREAM.MSG.GET.${stream.name}`, { seq: place }, "connection");
    const isGone = found?.error?.code === 404;
    if (this.#consumer !== consumer) return;
    // Somebody else has removed that message: there is nothing to wait for.
    if (hasAll && isGone) this.#reach.advance(place);
    if (this.#reach.isAwaited) this.#watch();
  }
}
