/** What is at hand for one identity that is attached here. */

import { type Frame, repetitionKey } from "./frames.ts";
import type { Attempted, Progress } from "./position-records.ts";
import { NOTHING_DONE, type Owner } from "./table.ts";

/** So long after it has written to `q` whoever redrives has said so, or has died. */
const MARKED_WITHIN_MS = 60_000;

/** `unmarked`: a redrive that `pos` has not told of; whoever began it may have died. */
type ItemState = "waiting" | "leased" | "settling" | "unmarked" | "ended";

/** One delivery. */
export interface Item {
  readonly mailbox: Mailbox;
  readonly offset: number;
  readonly frame: Frame;
  /** That it was enqueued for. */
  readonly epoch: number;
  /** Never less than that of the one before it. */
  readonly rank: number;
  /** That count. */
  attempts: number;
  /** Epoch ms; 0: at once. */
  dueAt: number;
  state: ItemState;
  receipt: string | undefined;
}

/** A record of `q`, as it concerns one identity. */
export interface Arrival {
  readonly offset: number;
  /** Epoch ms by the broker's clock. */
  readonly timestamp: number;
  readonly frame: Frame;
  readonly epoch: number;
}

/** What decides about an arrival. */
export interface Judgement {
  readonly now: number;
  /** Epochs up to this one are void. */
  readonly dropped: number;
  readonly isRedriven: (repetition: string) => boolean;
}

export interface MailboxOptions {
  readonly identity: string;
  readonly shard: number;
  readonly session: string;
  readonly owner: Owner;
  readonly progress: Progress;
  readonly unclean: number;
  /** Where to begin reading: before the position lies what repetitions are told by. */
  readonly readFrom: number;
  readonly dedupWindowMs: number;
}

export class Mailbox {
  readonly identity: string;
  readonly shard: number;
  session: string;
  owner: Owner;
  /** In the order of the log. */
  readonly items: Item[] = [];
  /** All before it has been read for this identity. */
  readTo: number;
  /** It takes what the tail brings. */
  isLive = false;
  /** What was written last may be less than what is known here. */
  isDirty = false;
  unclean: number;
  /** Writes under way that what comes next waits for. */
  holds = 0;
  readonly #dedupWindowMs: number;
  readonly #ended: Set<number>;
  /** Of deliveries that have not been read yet. */
  readonly #attempts: Map<number, Attempted>;
  readonly #seen = new Map<string, number>();
  #position: number;

  constructor(options: MailboxOptions) {
    const { identity, shard, session, owner, progress, unclean, readFrom, dedupWindowMs } = options;
    this.identity = identity;
    this.shard = shard;
    this.session = session;
    this.owner = owner;
    this.unclean = unclean;
    this.readTo = readFrom;
    this.#dedupWindowMs = dedupWindowMs;
    this.#position = progress.position;
    this.#ended = new Set(progress.settled);
    this.#attempts = new Map(progress.attempts.map((tried) => [tried.offset, tried]));
  }

  /** That have not ended. */
  get size(): number {
    return this.items.length;
  }

  /** The delivery it makes; `undefined`: a repetition, or what has ended, expired, or was dropped. */
  take({ offset, timestamp, frame, epoch }: Arrival, { now, dropped, isRedriven }: Judgement): Item | undefined {
    const key = repetitionKey(frame.message.id, frame.generation);
    if (this.#seen.has(key)) return undefined;
    this.#remember(key, timestamp);
    if (offset < this.#position || this.#ended.has(offset)) return undefined;
    if (offset <= (this.items.at(-1)?.offset ?? -1) && this.items.some((one) => one.offset === offset))
      return undefined;
    if (epoch <= dropped || frame.expiresAt <= now) return undefined;
    const tried = this.#attempts.get(offset);
    this.#attempts.delete(offset);
    const item: Item = {
      mailbox: this,
      offset,
      frame,
      epoch,
      rank: Math.max(frame.rank, this.items.at(-1)?.rank ?? 0),
      attempts: (tried?.attempts ?? 0) + this.unclean,
      dueAt: tried?.dueAt ?? 0,
      state: frame.generation === undefined || isRedriven(key) ? "waiting" : "unmarked",
      receipt: undefined,
    };
    if (this.unclean > 0) this.isDirty = true;
    this.unclean = 0;
    const place = this.items.findIndex((one) => one.offset > offset);
    this.items.splice(place < 0 ? this.items.length : place, 0, item);
    return item;
  }

  /** It has caught up with the tail: what the last attachment may have held it would have come by now. */
  goLive(readTo: number): void {
    this.readTo = readTo;
    this.isLive = true;
    if (this.unclean > 0) this.isDirty = true;
    this.unclean = 0;
    this.#attempts.clear();
  }

  fallBehind(readTo: number): void {
    this.isLive = false;
    this.readTo = readTo;
  }

  /** From there it is read again. */
  rewind(offset: number, repetition: string): void {
    this.#seen.delete(repetition);
    this.#ended.delete(offset);
    this.#position = Math.min(this.#position, offset);
    this.isLive = false;
    this.readTo = Math.min(this.readTo, offset);
  }

  /** The same attachment, to a log that has begun anew. */
  renewed(): Mailbox {
    const { identity, shard, session, owner } = this;
    const fresh = { progress: NOTHING_DONE, unclean: 0, readFrom: 0, dedupWindowMs: this.#dedupWindowMs };
    return new Mailbox({ identity, shard, session, owner, ...fresh });
  }

  end(item: Item): void {
    if (item.state === "ended") return;
    item.state = "ended";
    item.receipt = undefined;
    this.#ended.add(item.offset);
    const at = this.items.indexOf(item);
    if (at >= 0) this.items.splice(at, 1);
    this.isDirty = true;
  }

  /** What is due, in order, until one that is held, waits, or would be one too many. What is past its TTL ends. */
  due(most: number, now: number): readonly Item[] {
    const due: Item[] = [];
    if (this.holds > 0) return due;
    for (const item of [...this.items]) {
      if (due.length >= most) break;
      if (isOver(item, now)) this.end(item);
      else if (item.state === "waiting" && item.dueAt <= now) due.push(item);
      else if (item.state !== "unmarked") break;
    }
    return due;
  }

  /** Of the first that is due; `undefined`: none is. */
  rankOf(now: number): number | undefined {
    if (this.holds > 0) return undefined;
    const head = this.items.find((item) => item.state !== "unmarked" || isOver(item, now));
    return head !== undefined && (isOver(head, now) || (head.state === "waiting" && head.dueAt <= now))
      ? head.rank
      : undefined;
  }

  /** When the first of them is due, epoch ms; `undefined`: none waits for its time. */
  get nextDueAt(): number | undefined {
    if (this.holds > 0) return undefined;
    const head = this.items.find(({ state }) => state !== "unmarked");
    return head?.state === "waiting" && head.dueAt > 0 ? head.dueAt : undefined;
  }

  /** @param tail up to where a live one has read. */
  progress(tail: number): Progress {
    const readTo = this.isLive ? Math.max(this.readTo, tail) : this.readTo;
    const position = Math.max(this.#position, Math.min(this.items[0]?.offset ?? readTo, readTo));
    this.#position = position;
    for (const offset of this.#ended) if (offset < position) this.#ended.delete(offset);
    const attempts = [...this.#attempts.values()].filter(({ offset }) => offset >= position);
    for (const { offset, attempts: count, dueAt } of this.items)
      if (count > 0 || dueAt > 0) attempts.push({ offset, attempts: count, dueAt });
    return { position, settled: [...this.#ended].sort((a, b) => a - b), attempts };
  }

  #remember(key: string, timestamp: number): void {
    this.#seen.set(key, timestamp);
    for (const [oldest, at] of this.#seen) {
      if (at >= timestamp - this.#dedupWindowMs) break;
      this.#seen.delete(oldest);
    }
  }
}

/** Past its TTL, and nobody has it; or of a redrive that was not carried through. */
function isOver({ frame, state }: Item, now: number): boolean {
  if (state === "unmarked") return Math.min(frame.expiresAt, frame.rank + MARKED_WITHIN_MS) <= now;
  return state === "waiting" && frame.expiresAt <= now;
}
