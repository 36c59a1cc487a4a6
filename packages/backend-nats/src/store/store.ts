/** A namespace as one client sees it: its stream, what is known of that, and the time of the server. */

import { isMusterError, type Circumstances } from "@muster/core/slots";
import { setTimeout as wait } from "node:timers/promises";
import { unavailable } from "../errors.ts";
import type { Link } from "../connection/link.ts";
import { JetStream } from "../jetstream/api.ts";
import { Requests } from "../jetstream/requests.ts";
import { isRefusal, refusalError } from "../jetstream/errors.ts";
import type { StreamSettings } from "../jetstream/options.ts";
import type { Entries } from "../mirror/entries.ts";
import { Feed } from "../mirror/feed.ts";
import { type Moment, StreamClock } from "../mirror/stream-clock.ts";
import { type Answer, askMany, type Question } from "./questions.ts";
import { clockSubjectOf, findStream, type StreamNames, type StreamState } from "./stream.ts";

/** When less is known of the server's time, it is asked for it: twice a minute at most, while there are calls. */
const MAX_WIDTH_MS = 20;

export interface StoreOptions {
  readonly link: Link;
  readonly names: StreamNames;
  readonly settings: StreamSettings;
  readonly maxIdentities: number | undefined;
}

export class Store {
  readonly feed: Feed;
  readonly maxIdentities: number;
  /** Registrations that are being stored and that nobody counts yet. */
  arriving = 0;
  readonly #jetStream: JetStream;
  readonly #clock = new StreamClock();
  readonly #names: StreamNames;
  #asking: Promise<void> | undefined;
  #askingNext: Promise<void> | undefined;
  #probing: Promise<void> | undefined;

  constructor({ link, names, settings, maxIdentities = Number.POSITIVE_INFINITY }: StoreOptions) {
    this.#jetStream = new JetStream(new Requests(link), settings);
    this.#names = names;
    this.maxIdentities = maxIdentities;
    this.feed = new Feed({ link, jetStream: this.#jetStream, names, clock: this.#clock });
  }

  get entries(): Entries {
    return this.feed.entries;
  }

  /** The server's time. @throws UNAVAILABLE */
  async moment(operation: string): Promise<Moment> {
    this.feed.check(operation);
    if (!(this.#clock.widthMs <= MAX_WIDTH_MS)) await (this.#probing ??= this.#probe(operation));
    return this.#clock.now();
  }

  /** A moment that is known exactly, and not before `instant`. @throws UNAVAILABLE */
  async momentFrom(instant: number, operation: string): Promise<Moment> {
    for (;;) {
      const { earliest } = await this.moment(operation);
      if (earliest >= instant) return { earliest, latest: earliest };
      await wait(Math.ceil(Math.min(instant - earliest, MAX_WIDTH_MS)));
    }
  }

  /** Resolves when all that was stored before this call is known. @throws UNAVAILABLE */
  catchUp(operation: string): Promise<void> {
    if (this.#asking === undefined) return this.#askNow(operation);
    this.#askingNext ??= this.#asking
      .catch(() => undefined) // Told to those who wait for that one.
      .then(() => {
        this.#askingNext = undefined;
        return this.#askNow(operation);
      });
    return this.#askingNext;
  }

  /**
   * Where each has been stored, or `undefined`: another write has come before. All of them are known then.
   *
   * @throws UNAVAILABLE, with `mayHaveApplied` where some have been stored, or may have been.
   */
  async write(questions: readonly Question[], operation: string): Promise<readonly (number | undefined)[]> {
    const leftAt = this.#clock.own;
    const answers = await askMany(this.#jetStream, questions, operation);
    const places = answers.map((answer) => answer?.seq || undefined);
    const last = places.reduce<number>((most, place) => Math.max(most, place ?? 0), 0);
    const isUnheard = answers.includes(undefined);
    if (isUnheard) this.feed.restart();
    const refused = answers.find(
      (answer, index) => places[index] === undefined && !isRefusal(answer?.error, "conflict"),
    );
    if (isUnheard || refused !== undefined) throw refusalError(refused?.error, { operation, mayHaveApplied: last > 0 });
    if (last === 0) return places;
    await this.feed.reach(last);
    this.#clock.answer(this.feed.lastTime, leftAt);
    return places;
  }

  /** Anything else that JetStream can be asked for, about the stream. @throws UNAVAILABLE */
  async ask(method: string, bodies: readonly object[], operation: string): Promise<readonly (Answer | undefined)[]> {
    const subject = `${this.#jetStream.settings.api}.STREAM.${method}.${this.#names.name}`;
    return askMany(
      this.#jetStream,
      bodies.map((body) => ({ subject, body: JSON.stringify(body) })),
      operation,
    );
  }

  close(): void {
    this.feed.close();
    this.#jetStream.requests[Symbol.dispose]();
  }

  #askNow(operation: string): Promise<void> {
    const asking = this.#ask(operation).finally(() => {
      if (this.#asking === asking) this.#asking = undefined;
    });
    this.#asking = asking;
    return asking;
  }

  async #ask(operation: string): Promise<void> {
    const known = this.feed.check(operation);
    const { state, leftAt } = await this.#askOnce(operation);
    if (state === undefined || state.stream.epochBase !== known.epochBase) throw this.#gone({ operation });
    if (state.time !== undefined) {
      this.#clock.hear(state.time);
      this.#clock.answer(state.time + 1, leftAt);
    }
    await this.feed.reach(state.last);
  }

  /** What is not answered is asked again, as long as there is a connection: then it is the call that ends. */
  async #askOnce(operation: string): Promise<{ readonly state: StreamState | undefined; readonly leftAt: number }> {
    for (;;) {
      const leftAt = this.#clock.own;
      try {
        return { state: await findStream(this.#jetStream, this.#names, operation), leftAt };
      } catch (error) {
        if (!isMusterError(error, "UNAVAILABLE") || !error.mayHaveApplied) throw error;
        this.feed.check(operation);
      }
    }
  }

  async #probe(operation: string): Promise<void> {
    try {
      const subject = clockSubjectOf(this.feed.check(operation));
      await this.write([{ subject, body: "" }], operation);
    } finally {
      this.#probing = undefined;
    }
  }

  #gone(about: Circumstances): Error {
    this.feed.restart();
    return unavailable("the stream has been deleted", about);
  }
}
