/** Items by the time they are due: a binary heap in which every item knows its place, so that it can be moved or removed. */

/** What an item of a queue carries for it; only the queue writes it, and an item is in at most one queue. */
export interface Due {
  /** Epoch ms. */
  dueAt: number;
  /** Index in the heap. */
  place: number;
}

export class DueQueue<Item extends Due> {
  readonly #heap: Item[] = [];

  /** What is due first. */
  get first(): Item | undefined {
    return this.#heap[0];
  }

  add(item: Item, dueAt: number): void {
    item.dueAt = dueAt;
    this.#rise(item, this.#heap.length);
  }

  /** Moves an item of this queue to another time. */
  move(item: Item, dueAt: number): void {
    const isEarlier = dueAt < item.dueAt;
    item.dueAt = dueAt;
    if (isEarlier) this.#rise(item, item.place);
    else this.#sink(item, item.place);
  }

  /** Removes an item of this queue. */
  delete(item: Item): void {
    const last = this.#heap.pop();
    if (last === undefined || last === item) return;
    if (last.dueAt < item.dueAt) this.#rise(last, item.place);
    else this.#sink(last, item.place);
  }

  /** All that are due at `now`, in no order, in time proportional to their number. */
  *dueBy(now: number): Generator<Item, void, undefined> {
    const places = [0];
    for (let place = places.pop(); place !== undefined; place = places.pop()) {
      const item = this.#heap[place];
      if (item === undefined || item.dueAt > now) continue;
      yield item;
      places.push(2 * place + 1, 2 * place + 2);
    }
  }

  #rise(item: Item, from: number): void {
    let place = from;
    while (place > 0) {
      const above = (place - 1) >>> 1;
      const parent = this.#heap[above];
      if (parent === undefined || parent.dueAt <= item.dueAt) break;
      this.#put(parent, place);
      place = above;
    }
    this.#put(item, place);
  }

  #sink(item: Item, from: number): void {
    let place = from;
    while (true) {
      const left = this.#heap[2 * place + 1];
      const right = this.#heap[2 * place + 2];
      const child = left !== undefined && right !== undefined && right.dueAt < left.dueAt ? right : left;
      if (child === undefined || child.dueAt >= item.dueAt) break;
      const below = child.place;
      this.#put(child, place);
      place = below;
    }
    this.#put(item, place);
  }

  #put(item: Item, place: number): void {
    this.#heap[place] = item;
    item.place = place;
  }
}
