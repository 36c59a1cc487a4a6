/** Keeps the first `capacity` items of any number, in the order of `compare`, in O(n log capacity) and O(capacity). */
export class BoundedHeap<Item> {
  readonly #capacity: number;
  readonly #compare: (a: Item, b: Item) => number;
  /** A binary heap whose root is the last of those kept. */
  readonly #items: Item[] = [];

  /** @param compare must not find two different items equal, or which of them is kept depends on their order. */
  constructor(capacity: number, compare: (a: Item, b: Item) => number) {
    this.#capacity = capacity;
    this.#compare = compare;
  }

  add(item: Item): void {
    const [root] = this.#items;
    if (this.#items.length < this.#capacity) this.#rise(item);
    else if (root !== undefined && this.#compare(item, root) < 0) this.#sink(item);
  }

  /** What was kept, first to last. */
  sorted(): readonly Item[] {
    return this.#items.toSorted(this.#compare);
  }

  /** Puts `item` at the end and moves it up past everyone it comes after. */
  #rise(item: Item): void {
    let at = this.#items.length;
    while (at > 0) {
      const above = (at - 1) >> 1;
      const parent = this.#items[above];
      if (parent === undefined || this.#compare(item, parent) <= 0) break;
      this.#items[at] = parent;
      at = above;
    }
    this.#items[at] = item;
  }

  /** Puts `item` in place of the root and moves it down past everyone who comes after it. */
  #sink(item: Item): void {
    let at = 0;
    for (;;) {
      const below = this.#laterChild(at);
      const child = this.#items[below];
      if (child === undefined || this.#compare(item, child) >= 0) break;
      this.#items[at] = child;
      at = below;
    }
    this.#items[at] = item;
  }

  #laterChild(at: number): number {
    const left = this.#items[2 * at + 1];
    const right = this.#items[2 * at + 2];
    return left !== undefined && right !== undefined && this.#compare(right, left) > 0 ? 2 * at + 2 : 2 * at + 1;
  }
}
