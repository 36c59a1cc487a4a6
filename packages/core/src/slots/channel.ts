import { MusterError } from "./errors.ts";

/**
 * Items of a page at most. Whoever takes page after page is at work, and whoever takes none has stalled: a page must not
 * take so long that the one looks like the other.
 */
const MAX_PAGE = 64;

/**
 * Items on their way from whoever produces them, who never waits, to one consumer, who iterates over pages of what came in
 * meanwhile, up to 64 items each.
 */
export interface Channel<Item> extends AsyncIterable<readonly Item[]> {
  /** Items that wait; never above the capacity. */
  readonly size: number;
  /** False: there was no room, or it has ended, and the item was not taken. */
  push(item: Item): boolean;
  /** Pushes them in order, up to the first for which there is no room; gives that and all behind it. */
  pushAll(items: readonly Item[]): Item[];
  /** Takes nothing more. The iteration hands out what waits and then ends. Twice is once. */
  close(): void;
  /** Takes nothing more. The iteration hands out what waits and then throws `error`. Nothing after the end. */
  fail(error: Error): void;
}

/**
 * A channel in which at most `capacity` items wait.
 *
 * It can be iterated once; leaving the iteration ends the channel and drops what waits.
 *
 * @throws INVALID_ARGUMENT when it is iterated a second time.
 */
export function boundedChannel<Item>(capacity: number): Channel<Item> {
  return new BoundedChannel<Item>(capacity);
}

class BoundedChannel<Item> implements Channel<Item> {
  readonly #capacity: number;
  /** Pages, the first to be taken next. */
  readonly #pages: Item[][] = [];
  #size = 0;
  #end: { readonly error?: Error } | undefined;
  #isIterated = false;
  /** There while the consumer waits: waking it once is enough for all that comes before it goes on. */
  #wake: (() => void) | undefined;

  constructor(capacity: number) {
    this.#capacity = capacity;
  }

  get size(): number {
    return this.#size;
  }

  push(item: Item): boolean {
    if (this.#end !== undefined || this.#size >= this.#capacity) return false;
    const page = this.#pages.at(-1);
    if (page === undefined || page.length >= MAX_PAGE)
      this.#pages.push(Array.of(item)); // No literal, for the reason that `Arrived` gives.
    else page.push(item);
    this.#size += 1;
    if (this.#wake !== undefined) this.#rouse();
    return true;
  }

  pushAll(items: readonly Item[]): Item[] {
    const left = items.findIndex((item) => !this.push(item));
    return left < 0 ? [] : items.slice(left);
  }

  close(): void {
    this.#finish({});
  }

  fail(error: Error): void {
    this.#finish({ error });
  }

  [Symbol.asyncIterator](): AsyncIterator<readonly Item[], void, undefined> {
    if (this.#isIterated) {
      throw new MusterError({
        code: "INVALID_ARGUMENT",
        source: "core.channel",
        message: "it can be iterated only once",
      });
    }
    this.#isIterated = true;
    const pages = this.#handOut();
    return {
      next: () => pages.next(),
      return: () => {
        this.#finish({});
        this.#pages.length = 0;
        this.#size = 0;
        return pages.return(); // Comes to its turn only because finishing has woken a `next` that waits.
      },
    };
  }

  async *#handOut(): AsyncGenerator<readonly Item[], void, undefined> {
    for (;;) {
      const page = this.#pages.shift();
      if (page !== undefined) {
        this.#size -= page.length;
        yield page;
      } else if (this.#end === undefined) await this.#arrival();
      else break;
    }
    if (this.#end.error !== undefined) throw this.#end.error;
  }

  #arrival(): Promise<void> {
    return new Promise((resolve) => {
      this.#wake = resolve;
    });
  }

  #finish(end: { readonly error?: Error }): void {
    this.#end ??= end;
    this.#rouse();
  }

  #rouse(): void {
    this.#wake?.();
    this.#wake = undefined;
  }
}
