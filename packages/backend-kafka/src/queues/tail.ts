/** The live ends of logs, read for as long as it is open, in order and without a gap. */

import { setTimeout as delay } from "node:timers/promises";
import { Backoff, type MusterError } from "@muster/core/slots";
import { ANSWERS, BrokerAnswer, codedError } from "../errors.ts";
import { type LogRecord, type Stretch, type Use, USES, type Want } from "./stretches.ts";
import type { Layout, Wire } from "./wire.ts";

/** How long a broker holds a question that it has nothing for. */
const POLL_MS = 200;
const LOOK_AGAIN_MS = 50;
/** Everybody waits for what is read here. */
const LONGEST_PAUSE_MS = 500;

interface Cursor {
  readonly use: Use;
  readonly shard: number;
  next: number;
  /** Of the last record that was read, epoch ms by the broker's clock. */
  readAt: number | undefined;
  /** The topic may be another one of the same name: the last record is asked for again. */
  isSuspect: boolean;
  /** Where the log ended when it was last read. */
  end: number;
}

interface Waiter {
  readonly use: Use;
  readonly ends: Map<number, number>;
  readonly resolve: () => void;
  readonly reject: (error: MusterError) => void;
}

export interface TailListener {
  onStretch(stretch: Stretch): void;
  /** The log is not the one that was read before: it is read from its start. */
  onAnother(use: Use, shard: number): void;
  /** What comes next there can't be read; told again for as long as it is so. */
  onUnreadable(use: Use, shard: number, failure: unknown): void;
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
    if (known === undefined)
      this.#cursors.set(key, { use, shard, next: offset, readAt: undefined, isSuspect: false, end: offset });
    else known.next = offset;
  }

  /** Topics have been made anew, or may have been while nobody looked. */
  suspect(uses: readonly Use[]): void {
    for (const cursor of this.#cursors.values()) if (uses.includes(cursor.use)) cursor.isSuspect = true;
  }

  leave(use: Use, shard: number): void {
    this.#cursors.delete(`${use}/${shard}`);
    this.#check();
  }

  /** Up to where it has read; `undefined`: it does not. */
  next(use: Use, shard: number): number | undefined {
    return this.#cursors.get(`${use}/${shard}`)?.next;
  }

  /**
   * Resolves when all has been read that stands before these offsets, of shards that are read.
   *
   * @throws UNSUPPORTED: it is compressed with a codec that is not here
   */
  async passed(use: Use, ends: ReadonlyMap<number, number>): Promise<void> {
    await new Promise<void>((resolve, reject) => {
      this.#waiters.add({ use, ends: new Map(ends), resolve, reject });
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
        this.suspect(USES);
        const nodes = new Set(Object.values(layout.leaders).flat());
        const results = await Promise.allSettled([...nodes].map((node) => this.#pump(current, node, backoff)));
        const failed = results.find((result) => result.status === "rejected");
        if (failed !== undefined) throw failed.reason;
      } catch (error) {
        if (layout === undefined || error instanceof BrokerAnswer) {
          if (layout !== undefined) this.#wire.forget(layout);
        } else this.#wire.abandon(layout);
        await delay(Math.min(backoff.nextMs(), LONGEST_PAUSE_MS), undefined, { signal, ref: false }).catch(
          () => undefined,
        ); // It is closed.
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
        // It is there at once, again and again.
        if (stretches.some(({ failure }) => failure !== undefined))
          await delay(LOOK_AGAIN_MS, undefined, { ref: false });
      }
    } finally {
      this.#isStale = true;
    }
  }

  #wantsOf({ leaders }: Layout, node: number): readonly Want[] {
    const wants: Want[] = [];
    for (const cursor of this.#cursors.values())
      if ((leaders[cursor.use][cursor.shard] ?? -1) === node)
        wants.push({ use: cursor.use, shard: cursor.shard, offset: placeOf(cursor) });
    return wants;
  }

  async #take(stretch: Stretch): Promise<void> {
    const { use, shard, errorCode, from, next, records } = stretch;
    const cursor = this.#cursors.get(`${use}/${shard}`);
    if (cursor === undefined || placeOf(cursor) !== from) return; // It has been told to read elsewhere.
    if (errorCode === ANSWERS.offsetOutOfRange) return this.#reposition(cursor, from);
    if (errorCode !== ANSWERS.none) throw new BrokerAnswer(errorCode);
    if (stretch.failure !== undefined) return this.#refuse(use, shard, stretch.failure);
    if (stretch.end < cursor.end && !cursor.isSuspect) {
      cursor.isSuspect = true; // Or a new leader that does not know yet how far all of them are.
      return;
    }
    const isChecked = cursor.next > from;
    // A new leader may not know yet that all have it.
    if (isChecked && records.length === 0) return;
    if (isChecked && !isSame(cursor, records)) return this.#reposition(cursor, from);
    const fresh = isChecked ? records.slice(1) : records;
    cursor.isSuspect = false;
    cursor.end = stretch.end;
    cursor.readAt = records.at(-1)?.timestamp ?? cursor.readAt;
    const isNew = next > cursor.next;
    cursor.next = Math.max(cursor.next, next);
    if (isNew) this.#listener.onStretch({ ...stretch, records: fresh });
  }

  /** The log begins behind the place, ends before it, or is another one. */
  async #reposition(cursor: Cursor, from: number): Promise<void> {
    const { use, shard } = cursor;
    const { signal } = this.#closing;
    const starts = await this.#wire.offsets(use, [shard], "start", { signal }, "read");
    const start = starts.get(shard) ?? 0;
    if (placeOf(cursor) !== from) return;
    const isAnother = start <= from;
    cursor.next = start;
    cursor.readAt = undefined;
    cursor.end = start;
    cursor.isSuspect = false;
    for (const waiter of this.#waiters) if (waiter.use === use) waiter.ends.delete(shard);
    // Else it has been away for longer than anything is kept.
    if (isAnother) this.#listener.onAnother(use, shard);
  }

  /** Whoever waits for what stands there waits in vain. */
  #refuse(use: Use, shard: number, failure: unknown): void {
    const error = codedError(failure, { operation: "read" });
    for (const waiter of this.#waiters) {
      if (waiter.use !== use || !waiter.ends.has(shard)) continue;
      this.#waiters.delete(waiter);
      waiter.reject(error);
    }
    this.#listener.onUnreadable(use, shard, failure);
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

/** Where to read: a suspect one looks at what it has read last. */
function placeOf({ next, readAt, isSuspect }: Cursor): number {
  return isSuspect && readAt !== undefined && next > 0 ? next - 1 : next;
}

/** Whether what was read last stands there still. */
function isSame({ next, readAt }: Cursor, [first]: readonly LogRecord[]): boolean {
  return first?.offset === next - 1 && first.timestamp === readAt;
}
