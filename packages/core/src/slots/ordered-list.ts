/** A sorted list that stays fast to insert into, to remove from and to read, up to millions of items. */

const MAX_CHUNK = 512;

/** True for a first stretch of the list, in its order, and false for all that follow. */
export type IsBefore<Item> = (item: Item) => boolean;

interface Place {
  readonly chunk: number;
  readonly index: number;
}

/**
 * Items in the order of `compare`, which never finds two of them equal.
 *
 * They lie in sorted chunks of a few hundred: a change moves a few hundred references, and reading walks plain arrays.
 * Places are asked for by a predicate and never kept, so readers survive any change between two reads.
 */
export class OrderedList<Item extends object> {
  readonly #compare: (a: Item, b: Item) => number;
  /** None is empty, except the only one. */
  readonly #chunks: Item[][] = [[]];
  #size = 0;

  constructor(compare: (a: Item, b: Item) => number) {
    this.#compare = compare;
  }

  get size(): number {
    return this.#size;
  }

  get first(): Item | undefined {
    return this.#chunks[0]?.[0];
  }

  add(item: Item): void {
    const { chunk, index } = this.#seek((other) => this.#compare(other, item) < 0);
    const items = this.#chunks[chunk] ?? [];
    items.splice(index, 0, item);
    this.#size += 1;
    if (items.length <= MAX_CHUNK) return;
    // Items that come in order leave full chunks behind them.
    const isLast = chunk === this.#chunks.length - 1 && index === items.length - 1;
    this.#chunks.splice(chunk + 1, 0, items.splice(isLast ? MAX_CHUNK : MAX_CHUNK / 2));
  }

  /** Puts `item` in the place of what compares equal to it, which is there. */
  replace(item: Item): void {
    const { chunk, index } = this.#seek((other) => this.#compare(other, item) < 0);
    const items = this.#chunks[chunk] ?? [];
    items[index] = item;
  }

  /** Removes what compares equal to `item`, if there is anything. */
  delete(item: Item): void {
    const { chunk, index } = this.#seek((other) => this.#compare(other, item) < 0);
    const items = this.#chunks[chunk] ?? [];
    const found = items[index];
    if (found === undefined || this.#compare(found, item) !== 0) return;
    items.splice(index, 1);
    this.#size -= 1;
    this.#mergeWithNext(chunk);
  }

  /** How many items there are before. */
  rank(isBefore: IsBefore<Item>): number {
    const { chunk, index } = this.#seek(isBefore);
    let rank = index;
    for (let i = 0; i < chunk; i++) rank += this.#chunks[i]?.length ?? 0;
    return rank;
  }

  /** All items that are not before, piece by piece and without copies: a change to the list ends its use. */
  *pieces(isBefore: IsBefore<Item>): Generator<readonly Item[], void, undefined> {
    const { chunk, index } = this.#seek(isBefore);
    yield (this.#chunks[chunk] ?? []).slice(index);
    for (let next = chunk + 1; next < this.#chunks.length; next++) yield this.#chunks[next] ?? [];
  }

  /** At most `count` items, beginning with the first that is not before. */
  take(isBefore: IsBefore<Item>, count: number): readonly Item[] {
    const taken: Item[] = [];
    for (const piece of this.pieces(isBefore)) {
      taken.push(...piece.slice(0, count - taken.length));
      if (taken.length === count) break;
    }
    return taken;
  }

  #seek(isBefore: IsBefore<Item>): Place {
    let low = 0;
    let high = this.#chunks.length - 1;
    while (low < high) {
      const middle = (low + high) >>> 1;
      const last = this.#chunks[middle]?.at(-1);
      if (last !== undefined && isBefore(last)) low = middle + 1;
      else high = middle;
    }
    return { chunk: low, index: partition(this.#chunks[low] ?? [], isBefore) };
  }

  /** Keeps a list that shrinks from falling into crumbs. */
  #mergeWithNext(chunk: number): void {
    const items = this.#chunks[chunk] ?? [];
    const next = this.#chunks[chunk + 1];
    if (next !== undefined && items.length + next.length <= MAX_CHUNK / 2) {
      items.push(...next);
      this.#chunks.splice(chunk + 1, 1);
    }
    if (items.length === 0 && this.#chunks.length > 1) this.#chunks.splice(chunk, 1);
  }
}

/** How many items of a sorted array are before. */
export function partition<Item>(items: readonly Item[], isBefore: IsBefore<Item>): number {
  let low = 0;
  let high = items.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (isBefore(items[middle] as Item))
      low = middle + 1; // Between low and high, so it is there.
    else high = middle;
  }
  return low;
}
