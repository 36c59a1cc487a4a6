/** The live ends of logs, read for as long as it is open, in order and without a gap. */

import { setTimeout as delay } from "node:timers/promises";
import { Backoff } from "@muster/core/slots";
import { ANSWERS, BrokerAnswer } from "../errors.ts";
import { type Layout, type Stretch, type Use, type Want, type Wire } from "./wire.ts";

/** How long a broker holds a question that it has nothing for. */
const POLL_MS = 200;
const LOOK_AGAIN_MS = 50;

interface Cursor {
  readonly use: Use;
  readonly shard: number;
  next: number;
}

interface Waiter {
  readonly use: Use;
  readonly ends: Map<number, number>;
  readonly resolve: () => void;
}

export interface TailListener {
  onStretch(stretch: Stretch): void;
  /** The log begins behind the cursor, or ends before it; where to go on. */
  onOutOfRange(use: Use, shard: number, range: { readonly start: number; readonly end: number }): number;
}

export class Tail {
  readonly #wire: Wire;
  readonly #listener: TailListener;
  readonly #cursors = new Map<string, Cursor>();
  readonly #waiters = new Set<Waiter>();
  readonly #closing = new AbortController();
  #running: Promise<void> | undefined;
  #isStale = false;

  constructor(wire: Wire, listener: TailListener) {
    this.#wire = wire;
    this.#listener = listener;
  }

  start(): void {
    this.#running ??= this.#run();
  }

  /** Reads the shard from there on. */
  follow(use: Use, shard: number, offset: number): void {
    const key = `${use}/${shard}`;
    const known = this.#cursors.get(key);
    if (known === undefined) this.#cursors.set(key, { use, shard, next: offset });
    else known.next = offset;
  }

  leave(use: Use, shard: number): void {
    this.#cursors.delete(`${use}/${shard}`);
    this.#check();
  }

  /** Up to where it has read; `undefined`: it does not. */
  next(use: Use, shard: number): number | undefined {
    return this.#cursors.get(`${use}/${shard}`)?.next;
  }

  /** Resolves when all has been read that stands before these offsets, of shards that are read. */
  async passed(use: Use, ends: ReadonlyMap<number, number>): Promise<void> {
    await new Promise<void>((resolve) => {
      this.#waiters.add({ use, ends: new Map(ends), resolve });
      this.#check();
    });
  }

  async close(): Promise<void> {
    this.#closing.abort();
    await this.#running;
    for (const { resolve } of this.#waiters) resolve();
    this.#waiters.clear();
  }

  async #run(): Promise<void> {
    const backoff = new Backoff();
    const { signal } = this.#closing;
    while (!signal.aborted) {
      let layout: Layout | undefined;
      try {
        layout = await this.#wire.layout({ signal });
        const current = layout;
        this.#isStale = false;
        const nodes = new Set(Object.values(layout.leaders).flat());
        const results = await Promise.allSettled([...nodes].map((node) => this.#pump(current, node, backoff)));
        const failed = results.find((result) => result.status === "rejected");
        if (failed !== undefined) throw failed.reason;
      } catch (error) {
        if (layout === undefined || error instanceof BrokerAnswer) {
          if (layout !== undefined) this.#wire.forget(layout);
        } else this.#wire.abandon(layout);
        await delay(backoff.nextMs(), undefined, { signal, ref: false }).catch(() => undefined); // It is closed.
      }
    }
  }

  /** Until somebody else leads, or something breaks: then all of them begin anew. */
  async #pump(layout: Layout, node: number, backoff: Backoff): Promise<void> {
    try {
      while (!this.#isStale && !this.#closing.signal.aborted) {
        const wants = this.#wantsOf(layout, node);
        if (node < 0 && wants.length > 0) throw new BrokerAnswer(ANSWERS.leaderNotAvailable);
        if (wants.length === 0) {
          await delay(LOOK_AGAIN_MS, undefined, { ref: false });
          continue;
        }
        const stretches = await this.#wire.fetch(layout, node, wants, POLL_MS);
        backoff.reset();
        for (const stretch of stretches) await this.#take(stretch);
        this.#check();
      }
    } finally {
      this.#isStale = true;
    }
  }

  #wantsOf({ leaders }: Layout, node: number): readonly Want[] {
    const wants: Want[] = [];
    for (const { use, shard, next } of this.#cursors.values())
      if ((leaders[use][shard] ?? -1) === node) wants.push({ use, shard, offset: next });
    return wants;
  }

  async #take(stretch: Stretch): Promise<void> {
    const { use, shard, errorCode, from, next } = stretch;
    const cursor = this.#cursors.get(`${use}/${shard}`);
    if (cursor === undefined || cursor.next !== from) return; // It has been told to read elsewhere.
    if (errorCode === ANSWERS.offsetOutOfRange) {
      const [start, end] = await Promise.all((["start", "end"] as const).map(async (at) => this.#edge(use, shard, at)));
      if (cursor.next !== from) return;
      cursor.next = this.#listener.onOutOfRange(use, shard, { start: start ?? 0, end: end ?? 0 });
      for (const waiter of this.#waiters) if (waiter.use === use) waiter.ends.delete(shard);
      return;
    }
    if (errorCode !== ANSWERS.none) throw new BrokerAnswer(errorCode);
    cursor.next = next;
    if (next > from) this.#listener.onStretch(stretch);
  }

  async #edge(use: Use, shard: number, at: "start" | "end"): Promise<number> {
    const offsets = await this.#wire.offsets(use, [shard], at, { signal: this.#closing.signal }, "read");
    return offsets.get(shard) ?? 0;
  }

  #check(): void {
    for (const waiter of this.#waiters) {
      for (const [shard, end] of waiter.ends) {
        const next = this.next(waiter.use, shard);
        if (next === undefined || next >= end) waiter.ends.delete(shard);
      }
      if (waiter.ends.size > 0) continue;
      this.#waiters.delete(waiter);
      waiter.resolve();
    }
  }
}
