/** What lies behind the tail: read for those who were away, and for those who had enough at hand when it came by. */

import { setTimeout as delay } from "node:timers/promises";
import { Backoff, type MusterError } from "@muster/core/slots";
import { byLeader } from "../connection/leaders.ts";
import type { Around } from "./around.ts";
import type { Flusher } from "./flusher.ts";
import { ANSWERS, BrokerAnswer, codedError } from "../errors.ts";
import type { Mailbox } from "./mailbox.ts";
import type { Stretch, Want } from "./stretches.ts";
import type { Layout } from "./wire.ts";

/** Whose place is so much older than that of the next younger one is read for by itself, after that one. */
const MAX_GAP = 20_000;
const POLL_MS = 20;

export class Replay {
  readonly #around: Around;
  readonly #flusher: Flusher;
  #isRunning = false;
  #isClosed = false;
  /** Records that have been read. */
  #count = 0;
  #failure: MusterError | undefined;

  constructor(around: Around, flusher: Flusher) {
    this.#around = around;
    this.#flusher = flusher;
  }

  get count(): number {
    return this.#count;
  }

  /** Why some of it could not be read the last time, and will not be. */
  get failure(): MusterError | undefined {
    return this.#failure;
  }

  /** Somebody may be behind. */
  look(): void {
    if (this.#isClosed) return;
    if (this.#isRunning) return;
    this.#isRunning = true;
    this.#run().catch(untold);
  }

  close(): void {
    this.#isClosed = true;
  }

  async #run(): Promise<void> {
    const { wire, life } = this.#around;
    const backoff = new Backoff();
    await Promise.resolve(); // Whoever is attached in the same moment is read for with the others.
    for (;;) {
      const groups = this.#hungry();
      if (groups.size === 0 || life.signal.aborted) break;
      let layout: Layout | undefined;
      try {
        layout = await wire.layout(life);
        await this.#pass(layout, groups);
        if (this.#failure === undefined) backoff.reset();
        else await this.#pause(backoff);
      } catch (error) {
        if (layout !== undefined) {
          if (error instanceof BrokerAnswer) wire.forget(layout);
          else wire.abandon(layout);
        }
        await this.#pause(backoff);
      }
    }
    this.#isRunning = false;
  }

  async #pause(backoff: Backoff): Promise<void> {
    const { signal } = this.#around.life;
    await delay(backoff.nextMs(), undefined, { signal, ref: false }).catch(() => undefined); // It is closed.
  }

  /** By shard: the youngest of those who have room. */
  #hungry(): ReadonlyMap<number, readonly Mailbox[]> {
    return new Map([...this.#around.mailboxes.hungry()].map(([shard, hungry]) => [shard, youngest(hungry)]));
  }

  async #pass(layout: Layout, groups: ReadonlyMap<number, readonly Mailbox[]>): Promise<void> {
    const { wire, tail } = this.#around;
    const wants = new Map<number, Want>();
    for (const [shard, group] of groups) {
      const offset = Math.max(0, Math.min(...group.map(({ readTo }) => readTo)));
      const next = tail.next("q", shard);
      // Nothing lies between: no broker need be asked.
      if (next !== undefined && offset >= next) for (const mailbox of group) this.#goLive(mailbox, mailbox.readTo);
      else wants.set(shard, { use: "q", shard, offset });
    }
    const asked = [...byLeader(wants.keys(), layout.leaders.q)].map(async ([node, shards]) => {
      if (node < 0) throw new BrokerAnswer(ANSWERS.leaderNotAvailable);
      const some = shards.flatMap((shard) => wants.get(shard) ?? []);
      return wire.fetch(layout, node, some, POLL_MS);
    });
    const stretches = (await Promise.all(asked)).flat();
    for (const stretch of stretches) await this.#take(stretch, groups.get(stretch.shard) ?? []);
    const unreadable = stretches.find(({ failure }) => failure !== undefined);
    this.#failure = unreadable && codedError(unreadable.failure, { operation: "read" });
    if (this.#failure !== undefined) this.#around.wakeAll();
  }

  async #take(stretch: Stretch, group: readonly Mailbox[]): Promise<void> {
    const { shard, errorCode, records } = stretch;
    const { mailboxes, tail, wire, life } = this.#around;
    // Some may have been left, or sent elsewhere, meanwhile.
    const reading = new Map(
      group.flatMap((one) =>
        mailboxes.get(one.identity) === one && !one.isLive ? [[one.identity, one] as const] : [],
      ),
    );
    if (errorCode === ANSWERS.offsetOutOfRange) {
      const starts = await wire.offsets("q", [shard], "start", life, "read");
      const start = starts.get(shard) ?? 0;
      // What lay before it has ended: nothing is kept for longer. Where the log ends before it, it is another one.
      for (const mailbox of reading.values())
        if (mailbox.readTo < start || stretch.from > start) mailbox.readTo = start;
      return;
    }
    if (errorCode !== ANSWERS.none) throw new BrokerAnswer(errorCode);
    if (stretch.failure !== undefined) return;
    this.#count += records.length;
    const full = new Set<Mailbox>();
    for (const record of records)
      this.#around.distribute(record, reading, (mailbox, offset) => {
        if (offset < mailbox.readTo || full.has(mailbox)) return false;
        if (mailboxes.hasRoom(mailbox)) return true;
        full.add(mailbox);
        mailbox.readTo = offset;
        return false;
      });
    const isThere = stretch.next >= (tail.next("q", shard) ?? Number.POSITIVE_INFINITY);
    for (const mailbox of reading.values()) {
      if (full.has(mailbox)) continue;
      const readTo = Math.max(mailbox.readTo, stretch.next);
      if (isThere) this.#goLive(mailbox, readTo);
      else mailbox.readTo = readTo;
    }
  }

  /** What an unclean end may have left has been told the head of the queue, or there is none. */
  #goLive(mailbox: Mailbox, readTo: number): void {
    const wasUnclean = mailbox.unclean > 0;
    this.#around.mailboxes.goLive(mailbox, readTo);
    if (wasUnclean) this.#flusher.rewrite([mailbox]);
  }
}

function untold(): void {
  // What fails is tried again.
}

/** Those with the youngest place, and whoever is not much older than another of them. */
function youngest(mailboxes: readonly Mailbox[]): readonly Mailbox[] {
  const byAge = mailboxes.toSorted((a, b) => b.readTo - a.readTo);
  const end = byAge.findIndex(({ readTo }, index) => index > 0 && (byAge[index - 1]?.readTo ?? 0) - readTo > MAX_GAP);
  return end < 0 ? byAge : byAge.slice(0, end);
}
