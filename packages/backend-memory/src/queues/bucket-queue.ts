/** Items by rank, smallest first, such that ranks that many share cost nothing extra. */

import { OrderedList } from "@muster/core/slots";

/** An item is in one queue at a time, and carries its own place there. */
export interface Bucketed<Item> {
  /** Absent: it is in none. */
  bucket: Bucket<Item> | undefined;
  previous: Item | undefined;
  next: Item | undefined;
}

export interface Bucket<Item> {
  readonly rank: number;
  first: Item | undefined;
  last: Item | undefined;
}

/**
 * Of one rank, first in, first out. Whatever is done to one item takes constant time, and time logarithmic in the number
 * of ranks where it is the first or the last of its rank.
 */
export class BucketQueue<Item extends Bucketed<Item>> {
  readonly #byRank = new Map<number, Bucket<Item>>();
  readonly #buckets = new OrderedList<Bucket<Item>>((a, b) => a.rank - b.rank);
  /** Where the last item went: mostly where the next one goes too. */
  #recent: Bucket<Item> | undefined;

  get first(): Item | undefined {
    return this.#buckets.first?.first;
  }

  get firstRank(): number | undefined {
    return this.#buckets.first?.rank;
  }

  /** Wherever in this queue it was before; it keeps its place where the rank is the same. */
  put(item: Item, rank: number): void {
    if (item.bucket?.rank === rank) return;
    this.remove(item);
    const bucket = this.#bucketOf(rank);
    item.bucket = bucket;
    item.previous = bucket.last;
    if (bucket.last === undefined) bucket.first = item;
    else bucket.last.next = item;
    bucket.last = item;
  }

  /** Not there: nothing. */
  remove(item: Item): void {
    const { bucket, previous, next } = item;
    if (bucket === undefined) return;
    if (previous === undefined) bucket.first = next;
    else previous.next = next;
    if (next === undefined) bucket.last = previous;
    else next.previous = previous;
    item.bucket = undefined;
    item.previous = undefined;
    item.next = undefined;
    if (bucket.first === undefined) this.#close(bucket);
  }

  /** Removes the first item whose rank is at most the one given. */
  takeUpTo(rank: number): Item | undefined {
    const bucket = this.#buckets.first;
    const item = bucket?.first;
    if (bucket === undefined || item === undefined || bucket.rank > rank) return undefined;
    this.remove(item);
    return item;
  }

  #bucketOf(rank: number): Bucket<Item> {
    if (this.#recent?.rank === rank) return this.#recent;
    this.#recent = this.#byRank.get(rank) ?? this.#open(rank);
    return this.#recent;
  }

  #open(rank: number): Bucket<Item> {
    const bucket: Bucket<Item> = { rank, first: undefined, last: undefined };
    this.#byRank.set(rank, bucket);
    this.#buckets.add(bucket);
    return bucket;
  }

  #close(bucket: Bucket<Item>): void {
    this.#byRank.delete(bucket.rank);
    this.#buckets.delete(bucket);
    if (this.#recent === bucket) this.#recent = undefined;
  }
}
