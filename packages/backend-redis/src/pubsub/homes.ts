/** Where shards are to be listened for: on one server, or on whichever master of a cluster has their slot. */

import type { RedisClient } from "../client.ts";
import type { RedisNode } from "../options.ts";
import type { OnMessage } from "./arrivals.ts";
import type { Channels } from "./channels.ts";
import { Line } from "./line.ts";

export interface HomeEvents {
  readonly onMessage: OnMessage;
  /** Shards that have no home any more, because the connection was lost. */
  onLost(shards: readonly number[]): void;
}

/** A shard has a home as long as its beacon is subscribed to there. Rejects as the driver does. */
export class Homes {
  readonly #client: RedisClient;
  readonly #channels: Channels;
  readonly #events: HomeEvents;
  /** By node; standalone there is one, under the empty name. */
  readonly #lines = new Map<string, Line>();
  readonly #homes = new Map<number, Line>();
  readonly #seeking = new Map<number, Promise<Line>>();
  #isPaused = false;
  #hasLeft = false;

  constructor(client: RedisClient, channels: Channels, events: HomeEvents) {
    this.#client = client;
    this.#channels = channels;
    this.#events = events;
  }

  get all(): readonly (readonly [shard: number, home: Line])[] {
    return [...this.#homes];
  }

  /** Resolves when there is one. */
  async of(shard: number): Promise<Line> {
    const known = this.#homes.get(shard) ?? this.#seeking.get(shard);
    if (known !== undefined) return known;
    const seeking = this.#seek(shard).finally(() => this.#seeking.delete(shard));
    this.#seeking.set(shard, seeking);
    return seeking;
  }

  get isPaused(): boolean {
    return this.#isPaused;
  }

  /** While paused nothing is read from the server: no messages, and no confirmations either. */
  pause(isPaused: boolean): void {
    if (this.#isPaused === isPaused) return;
    this.#isPaused = isPaused;
    for (const line of this.#lines.values()) line.pause(isPaused);
  }

  /** For good. */
  async leave(): Promise<void> {
    this.#hasLeft = true;
    await Promise.all([...this.#lines.values()].map(async (line) => line.leave()));
  }

  async #seek(shard: number): Promise<Line> {
    const beacon = this.#channels.beaconOf(shard);
    const line = this.#line(await this.#client.owner(beacon));
    await line.opened;
    await line.subscribe([beacon]);
    if (!line.isLost) this.#homes.set(shard, line);
    return line;
  }

  #line(node: RedisNode | undefined): Line {
    if (this.#hasLeft) throw new Error("Connection is closed.");
    const key = node === undefined ? "" : `${node.host}:${node.port}`;
    const known = this.#lines.get(key);
    if (known !== undefined) return known;
    const redis = this.#client.connection({ connectionName: "muster-inbox", ...(node === undefined ? {} : { node }) });
    const line = new Line(redis, this.#client.topology, {
      onMessage: this.#events.onMessage,
      onLost: (lost) => this.#lose(key, lost),
    });
    line.pause(this.#isPaused);
    this.#lines.set(key, line);
    return line;
  }

  #lose(key: string, line: Line): void {
    this.#lines.delete(key);
    const shards = this.all.filter(([, home]) => home === line).map(([shard]) => shard);
    for (const shard of shards) this.#homes.delete(shard);
    if (shards.length > 0) this.#events.onLost(shards);
  }
}
