import { MusterError } from "./errors.ts";

/**
 * Items on their way from whoever produces them, who never waits, to one consumer, who iterates over pages of all that
 * came in meanwhile.
 */
export interface Channel<Item> extends AsyncIterable<readonly Item[]> {
  /** Items that wait; never above the capacity. */
  readonly size: number;
  /** False: there was no room, or it has ended, and the item was not taken. */
  push(item: Item): boolean;
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
  let waiting: Item[] = [];
  let end: { readonly error?: Error } | undefined;
  let wake = (): void => {};
  let taken = false;

  async function* pages(): AsyncGenerator<readonly Item[], void, undefined> {
    try {
      while (true) {
        if (waiting.length > 0) {
          const page = waiting;
          waiting = [];
          yield page;
        } else if (end !== undefined) {
          if (end.error !== undefined) throw end.error;
          return;
        } else {
          await new Promise<void>((resolve) => {
            wake = resolve;
          });
        }
      }
    } finally {
      end ??= {};
      waiting = [];
    }
  }

  const finish = (how: { readonly error?: Error }): void => {
    end ??= how;
    wake();
  };

  return {
    get size(): number {
      return waiting.length;
    },
    push(item): boolean {
      if (end !== undefined || waiting.length >= capacity) return false;
      waiting.push(item);
      wake();
      return true;
    },
    close: () => finish({}),
    fail: (error) => finish({ error }),
    [Symbol.asyncIterator](): AsyncIterator<readonly Item[]> {
      if (taken) throw new MusterError({ code: "INVALID_ARGUMENT", source: "core.channel", message: "it can be iterated only once" });
      taken = true;
      return pages();
    },
  };
}
