/** One connection to the server, dialled again whenever it breaks, until it is closed. */

import { setTimeout as delay } from "node:timers/promises";
import type { ChannelModel } from "amqplib";
import { type Call, type MusterError, Backoff } from "@muster/core/slots";
import { unavailable } from "../errors.ts";
import type { Settings } from "../options.ts";
import { cutOff, dial, hangUp } from "./dial.ts";

export interface Follower {
  onUp?(model: ChannelModel): void;
  onDown?(error: MusterError): void;
  /** The server reads again what is published. */
  onUnblocked?(): void;
}

export class Link {
  readonly backoff: Backoff = new Backoff();
  readonly #settings: Settings;
  readonly #followers = new Set<Follower>();
  readonly #leaving = new AbortController();
  #model: ChannelModel | undefined;
  /** What the driver has said before it closed. */
  #complaint: unknown;
  #isBlocked = false;

  private constructor(settings: Settings, model: ChannelModel) {
    this.#settings = settings;
    this.#take(model);
  }

  /** @throws what the last of the servers has said; TIMEOUT, ABORTED */
  static async open(settings: Settings, call: Call): Promise<Link> {
    return new Link(settings, await dial(settings, call));
  }

  /** `undefined` while there is no connection. */
  get model(): ChannelModel | undefined {
    return this.#model;
  }

  /** The server is short of memory or disk, and reads nothing of what is published. */
  get isBlocked(): boolean {
    return this.#isBlocked;
  }

  follow(follower: Follower): Disposable {
    this.#followers.add(follower);
    return { [Symbol.dispose]: () => void this.#followers.delete(follower) };
  }

  /** Waits as long as somebody who has lost the server waits; false: it has been closed meanwhile. */
  async pause(): Promise<boolean> {
    try {
      await delay(this.backoff.nextMs(), undefined, { signal: this.#leaving.signal });
      return true;
    } catch {
      return false; // Nothing else ends it.
    }
  }

  /** Dials again: nothing can be made on this one. */
  abandon(model: ChannelModel): void {
    this.#lose(model, new Error("Unexpected close: nothing can be made on it"));
  }

  async close(): Promise<void> {
    this.#leaving.abort();
    this.#followers.clear();
    const model = this.#model;
    this.#model = undefined;
    if (model !== undefined) await hangUp(model);
  }

  get #isLeft(): boolean {
    return this.#leaving.signal.aborted;
  }

  #take(model: ChannelModel): void {
    this.#model = model;
    this.#complaint = undefined;
    this.#isBlocked = false;
    model.on("error", (error) => void (this.#complaint = error));
    model.on("blocked", () => void (this.#isBlocked = true));
    model.on("unblocked", () => {
      this.#isBlocked = false;
      for (const follower of [...this.#followers]) follower.onUnblocked?.();
    });
    model.once("close", (reason) => this.#lose(model, reason ?? this.#complaint));
  }

  #lose(model: ChannelModel, reason: unknown): void {
    cutOff(model);
    if (this.#model !== model) return;
    this.#model = undefined;
    const error = unavailable("the connection broke", { operation: "connection", mayHaveApplied: true }, reason);
    for (const follower of [...this.#followers]) follower.onDown?.(error);
    this.#redial().catch(() => undefined); // It ends only when it has been closed.
  }

  async #redial(): Promise<void> {
    const call = { signal: this.#leaving.signal };
    for (;;) {
      try {
        const model = await dial(this.#settings, call);
        if (this.#isLeft) return cutOff(model);
        this.#take(model);
        for (const follower of [...this.#followers]) follower.onUp?.(model);
        return;
      } catch {
        if (this.#isLeft || !(await this.pause())) return;
      }
    }
  }
}
