/** What `pos` says, record by record: who is attached, how far everybody has come. Order in the log decides. */

import type { Progress, Read, RedriveRecord, StateRecord } from "./position-records.ts";
import { keyOf } from "./position-records.ts";
import { repetitionKey } from "./frames.ts";

/** Of one attachment. */
export interface Owner {
  readonly epoch: number;
  readonly tag: string;
  readonly seal: string;
  /** Offset of the record that attached it. */
  readonly attachedAt: number;
}

interface Redriven {
  readonly offset: number;
  readonly expiresAt: number;
}

/** Of one identity. */
export interface Known {
  readonly shard: number;
  /** Who was attached last; `undefined`: nobody, or what is left of it was dropped. */
  owner: Owner | undefined;
  isDetached: boolean;
  unclean: number;
  progress: Progress;
  /** The highest epoch that was; −1: none. */
  dropped: number;
  /** Epoch ms by the broker's clock. */
  droppedAt: number;
  /** By {@link repetitionKey}. */
  redriven: ReadonlyMap<string, Redriven>;
  /** That stand in the log for it. */
  keys: readonly string[];
}

/** Who is told of what others have written. */
export interface TableListener {
  /** Somebody else is attached, or nobody any more. */
  onOwner(identity: string, known: Known): void;
  onDrop(identity: string, epoch: number): void;
  onRedrive(record: RedriveRecord): void;
  onReset(shard: number): void;
}

/** Most identities have none: nothing is kept for that. */
const NONE: ReadonlyMap<string, Redriven> = new Map();

export const NOTHING_DONE: Progress = { position: -1, settled: [], attempts: [] };

export class Table {
  readonly #listener: TableListener;
  readonly #known = new Map<string, Known>();
  readonly #seals = new Map<string, string>();
  /** By shard: the last reset. */
  readonly #resets = new Map<number, string>();

  constructor(listener: TableListener) {
    this.#listener = listener;
  }

  get size(): number {
    return this.#known.size;
  }

  get(identity: string): Known | undefined {
    return this.#known.get(identity);
  }

  entries(): IterableIterator<[string, Known]> {
    return this.#known.entries();
  }

  /** The last one; empty: none. */
  resetOf(shard: number): string {
    return this.#resets.get(shard) ?? "";
  }

  /** Whether it counts: false where what stood before it has fenced it. */
  apply(shard: number, { key, record }: Read, at: { readonly offset: number; readonly timestamp: number }): boolean {
    if (record.kind === "reset") return this.#reset(shard, record.id);
    const known = this.#provide(shard, record.identity);
    if (!known.keys.includes(key)) known.keys = [...known.keys, key];
    switch (record.kind) {
      case "state":
        return this.#state(known, record, at.offset);
      case "drop":
        return this.#drop(known, record.identity, record.epoch, at.timestamp);
      case "redrive":
        return this.#redrive(known, record);
    }
  }

  /** What stood under this key is over. */
  erase(identity: string, key: string): void {
    const known = this.#known.get(identity);
    if (known === undefined) return;
    known.keys = known.keys.filter((one) => one !== key);
    if (known.keys.length === 0 && known.redriven.size === 0) this.#known.delete(identity);
  }

  /** Keys of one identity that say nothing any more. */
  superseded(identity: string, retentionMs: number, now: number): readonly string[] {
    const known = this.#known.get(identity);
    if (known === undefined) return [];
    const own = known.owner && ownKey(identity, known.owner);
    const isOver =
      known.owner === undefined &&
      known.dropped >= 0 &&
      known.droppedAt + retentionMs < now &&
      known.redriven.size === 0;
    if (isOver) return known.keys;
    const drop = known.dropped < 0 ? undefined : keyOf({ kind: "drop", identity, epoch: known.dropped });
    const redrives = new Set(
      [...known.redriven].flatMap(([key, { expiresAt }]) => (expiresAt > now ? [redriveKey(identity, key)] : [])),
    );
    return known.keys.filter((key) => {
      if (key === own || key === drop || redrives.has(key)) return false;
      // What an attachment left that has ended otherwise is all that is known of the identity.
      return !(own === undefined && isState(key));
    });
  }

  /** Redrives whose time is over are forgotten here; their records go with {@link superseded}. */
  forget(identity: string, key: string): void {
    const known = this.#known.get(identity);
    if (known === undefined) return;
    const left = [...known.redriven].filter(([redriven]) => redriveKey(identity, redriven) !== key);
    if (left.length < known.redriven.size) known.redriven = left.length === 0 ? NONE : new Map(left);
  }

  /** As many identities have the same, it is kept once. */
  #one(seal: string): string {
    const known = this.#seals.get(seal);
    if (known === undefined) this.#seals.set(seal, seal);
    return known ?? seal;
  }

  #provide(shard: number, identity: string): Known {
    const found = this.#known.get(identity);
    if (found !== undefined) return found;
    const known: Known = {
      shard,
      owner: undefined,
      isDetached: false,
      unclean: 0,
      progress: NOTHING_DONE,
      dropped: -1,
      droppedAt: 0,
      redriven: NONE,
      keys: [],
    };
    this.#known.set(identity, known);
    return known;
  }

  #state(known: Known, record: StateRecord, offset: number): boolean {
    const { identity, epoch, tag, seal } = record;
    const attachedAt = record.attachedAt ?? offset;
    const { owner } = known;
    if (epoch <= known.dropped) return false;
    const isOwn = owner?.tag === tag && owner.epoch === epoch;
    if (!isOwn && owner !== undefined && !isLater(epoch, attachedAt, owner)) return false;
    if (isOwn) {
      known.unclean = record.unclean;
    } else {
      const wasUnclean = owner !== undefined && !known.isDetached && owner.seal !== seal;
      known.unclean = Math.max(known.unclean + (wasUnclean ? 1 : 0), record.unclean);
      known.owner = { epoch, tag, seal: this.#one(seal), attachedAt };
    }
    known.isDetached = record.isDetached;
    const reset = this.#resets.get(known.shard);
    if (reset === undefined || record.reset === reset) known.progress = merged(known.progress, record);
    if (!isOwn) this.#listener.onOwner(identity, known);
    return true;
  }

  #drop(known: Known, identity: string, epoch: number, timestamp: number): boolean {
    if (epoch <= known.dropped) return true;
    known.dropped = epoch;
    known.droppedAt = timestamp;
    const isOver = known.owner !== undefined && known.owner.epoch <= epoch;
    if (isOver) known.owner = undefined;
    if (isOver) known.isDetached = true;
    this.#listener.onDrop(identity, epoch);
    return true;
  }

  /** It comes too late where the identity has passed its place. */
  #redrive(known: Known, record: RedriveRecord): boolean {
    const key = repetitionKey(record.messageId, record.generation);
    const { position, settled } = known.progress;
    if (known.redriven.has(key) || record.offset < position || settled.includes(record.offset)) return false;
    const { offset, expiresAt } = record;
    known.redriven = new Map([...known.redriven, [key, { offset, expiresAt }]]);
    this.#listener.onRedrive(record);
    return true;
  }

  #reset(shard: number, id: string): boolean {
    if (this.#resets.get(shard) === id) return true;
    this.#resets.set(shard, id);
    for (const known of this.#known.values()) if (known.shard === shard) known.progress = NOTHING_DONE;
    this.#listener.onReset(shard);
    return true;
  }
}

/** What either says is settled is so. */
export function merged(one: Progress, other: Progress): Progress {
  const position = Math.max(one.position, other.position);
  // Mostly there is nothing beyond it.
  if (isBare(one) && isBare(other)) return { ...NOTHING_DONE, position };
  const settled = [...new Set([...one.settled, ...other.settled])].filter((offset) => offset >= position);
  settled.sort((a, b) => a - b);
  const ended = new Set(settled);
  const attempts = new Map<number, Progress["attempts"][number]>();
  for (const tried of [...one.attempts, ...other.attempts]) {
    if (tried.offset < position || ended.has(tried.offset)) continue;
    const known = attempts.get(tried.offset);
    if (known === undefined || tried.attempts >= known.attempts) attempts.set(tried.offset, tried);
  }
  return { position, settled, attempts: [...attempts.values()] };
}

function isLater(epoch: number, attachedAt: number, owner: Owner): boolean {
  return epoch > owner.epoch || (epoch === owner.epoch && attachedAt > owner.attachedAt);
}

function ownKey(identity: string, { epoch, tag }: Owner): string {
  return JSON.stringify(["s", identity, epoch, tag]);
}

function isState(key: string): boolean {
  return key.startsWith('["s"');
}

function redriveKey(identity: string, repetition: string): string {
  const at = repetition.lastIndexOf("\0");
  return JSON.stringify(["r", identity, repetition.slice(0, at), repetition.slice(at + 1)]);
}

function isBare({ settled, attempts }: Progress): boolean {
  return settled.length === 0 && attempts.length === 0;
}
