/** What one inbox listens on, and getting it back after the connection was lost or a slot has moved. */

import type { RedisClient } from "../client.ts";
import { reconnectMs } from "../connection/driver-options.ts";
import type { Arrival } from "./arrivals.ts";
import { textOf } from "./byte-text.ts";
import type { Channels } from "./channels.ts";
import { Homes } from "./homes.ts";
import { Pause } from "./pause.ts";

/** A server tells when a slot leaves it; this is for what has gone unheard. */
const CHECK_MS = 1_000;

export interface SubscriptionEvents {
  onMessage(address: string, arrival: Arrival): void;
  /** By turns: `down` when any address has stopped being live, `up` when all are again. */
  onRoute(state: "up" | "down"): void;
}

/** Rejects as the driver does. */
export class Subscriptions {
  readonly #channels: Channels;
  readonly #events: SubscriptionEvents;
  readonly #homes: Homes;
  /** By shard; each with the number of its last addition. */
  readonly #addresses: readonly Map<string, number>[];
  readonly #lost = new Set<number>();
  readonly #backoff = new Pause();
  readonly #checking: NodeJS.Timeout | undefined;
  #additions = 0;
  #restoring: Promise<void> | undefined;
  #isClosed = false;

  constructor(client: RedisClient, channels: Channels, events: SubscriptionEvents) {
    this.#channels = channels;
    this.#events = events;
    this.#addresses = Array.from({ length: channels.shards }, () => new Map<string, number>());
    this.#homes = new Homes(client, channels, {
      onMessage: (arrival) => this.#take(arrival),
      onLost: (shards) => this.#lose(shards),
    });
    if (channels.shards > 1) this.#checking = setInterval(() => this.#check(), CHECK_MS).unref();
  }

  /** Resolves when there is a connection to listen on. */
  async open(): Promise<void> {
    await this.#homes.of(0);
  }

  /** Resolves when all are live. When it fails after it was sent, they become live with the next connection. */
  async add(addresses: readonly string[]): Promise<void> {
    await this.#each(addresses, async (shard, some) => {
      const home = await this.#homes.of(shard);
      this.#additions += 1;
      for (const address of some) this.#of(shard).set(address, this.#additions);
      await home.subscribe(some.map(this.#channels.channelOf));
    });
  }

  /** Resolves when the server counts them no longer, and what it had sent before has been handed over. */
  async remove(addresses: readonly string[]): Promise<void> {
    await this.#each(addresses, async (shard, some) => {
      const home = await this.#homes.of(shard);
      const additions = this.#additions;
      await home.unsubscribe(some.map(this.#channels.channelOf));
      const addresses = this.#of(shard);
      for (const address of some) if ((addresses.get(address) ?? 0) <= additions) addresses.delete(address);
    });
  }

  /** See {@link Homes.pause}. */
  pause(isPaused: boolean): void {
    this.#homes.pause(isPaused);
  }

  /** The server counts nothing of it any more, if it answers soon. */
  async close(): Promise<void> {
    this.#isClosed = true;
    clearInterval(this.#checking);
    this.#backoff.end();
    await this.#homes.leave();
  }

  /** Whatever the server sends is subscribed to. */
  #take(arrival: Arrival): void {
    const { text, channelStart, channelEnd } = arrival;
    const address = textOf(text.slice(channelStart + this.#channels.addressAt, channelEnd));
    if (address !== "") this.#events.onMessage(address, arrival);
  }

  #lose(shards: readonly number[]): void {
    for (const shard of shards) this.#lost.add(shard);
    if (this.#isClosed || this.#restoring !== undefined) return;
    this.#events.onRoute("down");
    this.#restoring = this.#restore();
  }

  async #restore(): Promise<void> {
    for (let attempt = 1; !this.#isClosed && this.#lost.size > 0; attempt += 1) {
      const restored = await Promise.allSettled([...this.#lost].map(async (shard) => this.#restoreShard(shard)));
      if (restored.some(({ status }) => status === "rejected")) await this.#backoff.of(reconnectMs(attempt));
    }
    this.#restoring = undefined;
    if (!this.#isClosed) this.#events.onRoute("up");
  }

  async #restoreShard(shard: number): Promise<void> {
    const home = await this.#homes.of(shard);
    await home.subscribe([...this.#of(shard).keys()].map(this.#channels.channelOf));
    if (!home.isLost) this.#lost.delete(shard);
  }

  /** Where a slot is no longer the line is lost with this. */
  #check(): void {
    if (this.#homes.isPaused) return;
    for (const [shard, home] of this.#homes.all) home.subscribe([this.#channels.beaconOf(shard)]).catch(ignore);
  }

  async #each(
    addresses: readonly string[],
    work: (shard: number, some: readonly string[]) => Promise<void>,
  ): Promise<void> {
    const byShard = new Map<number, string[]>();
    for (const address of new Set(addresses)) {
      const shard = this.#channels.shardOf(address);
      const some = byShard.get(shard);
      if (some === undefined) byShard.set(shard, [address]);
      else some.push(address);
    }
    await Promise.all([...byShard].map(async ([shard, some]) => work(shard, some)));
  }

  #of(shard: number): Map<string, number> {
    const addresses = this.#addresses[shard];
    if (addresses === undefined) throw new RangeError(`there is no shard ${shard}`);
    return addresses;
  }
}

/** What goes wrong with a question is told by the line itself. */
function ignore(): void {}
