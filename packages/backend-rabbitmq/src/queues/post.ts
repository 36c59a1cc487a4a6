/** Publishes on a connection of its own, so that a server that holds publishers back holds up no receiver. */

import { randomUUID } from "node:crypto";
import type { ChannelModel } from "amqplib";
import { abortedError, type Call, hasEnded, isMusterError } from "@muster/core/slots";
import { Line } from "../connection/line.ts";
import type { Maker } from "../connection/standing.ts";
import { NAME, unavailable } from "../errors.ts";
import type { Settings } from "../options.ts";
import { Outlet, type Parcel } from "./outlet.ts";

/** So much is under way at most, of all callers together. */
const MAX_MESSAGES = 256;
const MAX_BYTES = 8 * 1_048_576;
/** A queue that has lost its leader answers nobody; one that has it, in milliseconds. */
const SILENCE_MS = 10_000;

export interface PostOptions {
  /** What is there before anything is sent. */
  prepare(model: ChannelModel): Promise<void>;
  /** Something that was declared is gone. */
  onMissing(): void;
}

export class Post implements Maker<Outlet> {
  readonly #options: PostOptions;
  #line: Line<Outlet> | undefined;
  #messages = 0;
  #bytes = 0;

  private constructor(options: PostOptions) {
    this.#options = options;
  }

  /** @throws what has kept it from being ready, coded */
  static async open(settings: Settings, options: PostOptions, call: Call): Promise<Post> {
    const post = new Post(options);
    post.#line = await Line.open(settings, post, call);
    return post;
  }

  async make(model: ChannelModel, fall: (cause: unknown) => void): Promise<Outlet> {
    await this.#options.prepare(model);
    return Outlet.make(model, randomUUID(), fall);
  }

  /** The server is short of memory or disk. */
  get isBlocked(): boolean {
    return this.#line?.isBlocked === true;
  }

  /** On another channel: to a queue that has another's name the server sends nothing that comes on the former. */
  renew(cause: unknown): void {
    this.#line?.renew(cause);
  }

  onDown(): void {
    this.#line?.wake();
  }

  /**
   * Resolves when the server has all of them. What has not left when the call ends never does.
   *
   * @throws UNAVAILABLE, TIMEOUT, ABORTED: with `mayHaveApplied` some may have arrived.
   */
  async sendMany(parcels: readonly Parcel[], operation: string, call: Call): Promise<void> {
    const answers: Promise<unknown>[] = [];
    try {
      for (const parcel of parcels) {
        const sent = this.#send(await this.#outlet(parcel, operation, call), parcel, operation);
        sent.catch(() => undefined); // Told to whoever waits for all of them.
        answers.push(sent);
      }
    } catch (error) {
      await Promise.allSettled(answers);
      if (answers.length > 0 && isMusterError(error, "UNAVAILABLE"))
        throw unavailable(error.message, { operation, mayHaveApplied: true }, error);
      throw error;
    }
    await Promise.all(answers);
  }

  async close(): Promise<void> {
    await this.#line?.close();
  }

  /** When there is room. */
  async #outlet({ body }: Parcel, operation: string, call: Call): Promise<Outlet> {
    for (;;) {
      if (hasEnded(call)) throw abortedError(call, `${NAME}.${operation}`, true);
      if (this.#line === undefined) throw unavailable("it is not there yet", { operation });
      const outlet = this.#line.require(operation);
      const isFull = this.#messages >= MAX_MESSAGES || (this.#bytes > 0 && this.#bytes + body.length > MAX_BYTES);
      if (!isFull && !this.#line.isBlocked) return outlet;
      await this.#line.change(call);
    }
  }

  async #send(outlet: Outlet, parcel: Parcel, operation: string): Promise<void> {
    this.#messages += 1;
    this.#bytes += parcel.body.length;
    const patience = setTimeout(() => {
      if (this.isBlocked) patience.refresh();
      else this.renew(new Error("connection closed: a queue does not answer"));
    }, SILENCE_MS).unref();
    try {
      const answer = await outlet.send(parcel);
      if (answer === "taken") return;
    } catch (error) {
      throw unavailable("the server has not answered for it", { operation, mayHaveApplied: true }, error);
    } finally {
      clearTimeout(patience);
      this.#messages -= 1;
      this.#bytes -= parcel.body.length;
      this.#line?.wake();
    }
    this.#options.onMissing();
    throw unavailable("its queue is gone from the server", { operation, subject: parcel.key, mayHaveApplied: true });
  }
}
