/** One connection that does nothing but listen. Once lost it does not come back: another takes its place. */

import { Command, type Redis } from "ioredis";
import type { Topology } from "../connection/server-facts.ts";
import { watchServer } from "../connection/liveness.ts";
import { connected, discard } from "../connection/reaching.ts";
import { tapReplies } from "../connection/reply-tap.ts";
import { isReplica } from "../connection/server-facts.ts";
import { arrivalOf, Arrivals, type OnMessage } from "./arrivals.ts";
import { settledWithin } from "./patience.ts";

/** Channels of one command: its confirmations come one by one, and nothing else between them. */
const MAX_CHANNELS = 500;
const CONNECT_MS = 5_000;
const GOODBYE_MS = 1_000;

export interface LineEvents {
  readonly onMessage: OnMessage;
  /** Once, also when it is closed. */
  onLost(line: Line): void;
}

export class Line {
  readonly #redis: Redis;
  readonly #isSharded: boolean;
  readonly #watch: Disposable;
  /** How to reject what has not been confirmed yet. */
  readonly #unconfirmed = new Set<(error: Error) => void>();
  /** Resolves when it is connected. Rejects as the driver does, and is closed then. */
  readonly opened: Promise<void>;
  #isPaused = false;
  #isLost = false;

  constructor(redis: Redis, topology: Topology, events: LineEvents) {
    this.#redis = redis;
    this.#isSharded = topology === "cluster";
    this.#watch = watchServer(redis);
    const kind = this.#isSharded ? "smessage" : "message";
    redis.once("connect", () => void tapReplies(redis.stream, new Arrivals(kind, events.onMessage)));
    // Where messages can't be read before the driver does, it tells of them.
    redis.on(`${kind}Buffer`, (channel: Buffer, message: Buffer) => events.onMessage(arrivalOf(channel, message)));
    // A server that takes subscriptions back unasked, as when their slot has moved, confuses the driver.
    redis.on("error", () => discard(redis));
    // The driver never settles what is answered with MOVED.
    redis.on("moved", () => discard(redis));
    redis.once("end", () => {
      this.#watch[Symbol.dispose]();
      this.#isLost = true;
      for (const reject of this.#unconfirmed) reject(new Error("Connection is closed."));
      events.onLost(this);
    });
    this.opened = this.#open();
    this.opened.catch(() => undefined); // Told to whoever waits for it.
  }

  get isLost(): boolean {
    return this.#isLost;
  }

  /** Resolves when all of them are live. In a cluster all lie in one slot; when that is elsewhere the line is lost. */
  async subscribe(channels: readonly string[]): Promise<void> {
    await this.#sendAll(this.#isSharded ? "ssubscribe" : "subscribe", channels);
  }

  async unsubscribe(channels: readonly string[]): Promise<void> {
    await this.#sendAll(this.#isSharded ? "sunsubscribe" : "unsubscribe", channels);
  }

  /** While paused nothing is read, so that the server is held back; from when it is connected. */
  pause(isPaused: boolean): void {
    this.#isPaused = isPaused;
    if (this.#redis.status === "ready") this.#redis.stream[isPaused ? "pause" : "resume"]();
  }

  /** Unsubscribes from everything, so that the server counts it no longer, then closes; soon, whatever the server does. */
  async leave(): Promise<void> {
    if (this.#redis.status === "ready") {
      this.pause(false);
      await settledWithin(GOODBYE_MS, this.#send(this.#isSharded ? "sunsubscribe" : "unsubscribe", []));
    }
    this.close();
  }

  close(): void {
    this.#watch[Symbol.dispose]();
    discard(this.#redis);
  }

  async #open(): Promise<void> {
    try {
      await connected(this.#redis, AbortSignal.timeout(CONNECT_MS));
      await this.#checkRole();
      this.pause(this.#isPaused);
    } catch (error) {
      this.close();
      throw error;
    }
  }

  /** Nobody counts who listens on a replica. In a cluster replicas say so themselves. */
  async #checkRole(): Promise<void> {
    if (this.#isSharded) return;
    if (isReplica(await this.#redis.info("replication"))) throw new Error("READONLY it is a replica");
  }

  async #sendAll(name: string, channels: readonly string[]): Promise<void> {
    const sending: Promise<unknown>[] = [];
    for (let start = 0; start < channels.length; start += MAX_CHANNELS) {
      sending.push(this.#send(name, channels.slice(start, start + MAX_CHANNELS)));
    }
    await Promise.all(sending);
  }

  async #send(name: string, channels: readonly string[]): Promise<void> {
    const command = new Command(name, [...channels]);
    await new Promise<void>((resolve, reject) => {
      this.#unconfirmed.add(reject);
      const confirmed = (): void => {
        this.#unconfirmed.delete(reject);
        resolve();
      };
      const failed = (error: Error): void => {
        this.#unconfirmed.delete(reject);
        reject(error);
      };
      command.promise.then(confirmed, failed);
      this.#redis.sendCommand(command);
    });
  }
}
