/** What has been made on a connection, and is made anew when it breaks, or its connection does. */

import type { ChannelModel } from "amqplib";
import { type Call, type MusterError, untilEnded } from "@muster/core/slots";
import { codedError, unavailable, NAME } from "../errors.ts";
import type { Follower, Link } from "./link.ts";

/** One life of it. */
export interface Work {
  /** Ends its channels, on a connection that goes on. */
  drop(): void;
}

export interface Maker<T extends Work> {
  /**
   * Makes it on a connection. Whoever notices that it has broken calls `fall`, at any time, in the middle of making it, too.
   *
   * @throws what has kept it from being made; nothing is left of it then.
   */
  make(model: ChannelModel, fall: (cause: unknown) => void): Promise<T>;
  onUp?(work: T): void;
  onDown?(work: T, error: MusterError): void;
}

export class Standing<T extends Work> implements Follower {
  readonly #link: Link;
  readonly #maker: Maker<T>;
  readonly #following: Disposable;
  #current: T | undefined;
  #model: ChannelModel | undefined;
  #isLeft = false;

  private constructor(link: Link, maker: Maker<T>) {
    this.#link = link;
    this.#maker = maker;
    this.#following = link.follow(this);
  }

  /** Where it fails its connection is the caller's to close. @throws what has kept it from being made, coded */
  static async open<T extends Work>(link: Link, maker: Maker<T>, operation: string, call: Call): Promise<Standing<T>> {
    const standing = new Standing(link, maker);
    try {
      const { model } = link;
      if (model === undefined) throw unavailable("the connection broke", { operation });
      const work = await untilEnded(standing.#make(model), call, `${NAME}.open`);
      if (work === undefined) throw unavailable("the connection broke", { operation });
      link.backoff.reset();
      return standing;
    } catch (error) {
      standing.leave();
      throw codedError(error, { operation });
    }
  }

  /** `undefined` while it is broken. */
  get current(): T | undefined {
    return this.#current;
  }

  /** @throws UNAVAILABLE while it is broken; nothing was sent. */
  require(operation: string): T {
    if (this.#current !== undefined) return this.#current;
    throw unavailable("there is no connection to the server", { operation });
  }

  /** Makes it anew. */
  renew(cause: unknown): void {
    const model = this.#model;
    if (this.#current !== undefined && model !== undefined) this.#fall(model, cause);
  }

  onUp(model: ChannelModel): void {
    this.#raise(model).catch(() => undefined); // Whatever a listener throws is its own affair.
  }

  onDown(error: MusterError): void {
    this.#lower(error);
  }

  /** Its connection is the caller's to close. */
  leave(): void {
    this.#isLeft = true;
    this.#following[Symbol.dispose]();
    this.#current = undefined;
  }

  /** On this connection, or else on the next: a driver that has missed the end of one makes nothing on it any more. */
  async #raise(model: ChannelModel): Promise<void> {
    if (this.#isLeft || this.#link.model !== model) return;
    try {
      const work = await this.#make(model);
      if (work !== undefined) {
        this.#link.backoff.reset();
        return this.#maker.onUp?.(work);
      }
    } catch {
      // Tried again until it succeeds: whoever asks meanwhile is told that it is not there.
    }
    if (await this.#link.pause()) this.#link.abandon(model);
  }

  /** `undefined`: it broke before it stood. */
  async #make(model: ChannelModel): Promise<T | undefined> {
    const life: { work?: T; isOver: boolean } = { isOver: false };
    const fall = (cause: unknown): void => {
      if (life.isOver) return;
      life.isOver = true;
      if (life.work !== undefined && this.#current === life.work) this.#fall(model, cause);
    };
    const work = await this.#maker.make(model, fall);
    life.work = work;
    if (life.isOver || this.#isLeft || this.#link.model !== model) {
      work.drop();
      return undefined;
    }
    this.#current = work;
    this.#model = model;
    return work;
  }

  #fall(model: ChannelModel, cause: unknown): void {
    this.#lower(codedError(cause, { operation: "connection", mayHaveApplied: true }));
    if (!this.#isLeft && this.#link.model === model) this.onUp(model);
  }

  #lower(error: MusterError): void {
    const work = this.#current;
    this.#current = undefined;
    if (work === undefined) return;
    this.#maker.onDown?.(work, error);
    work.drop();
  }
}
