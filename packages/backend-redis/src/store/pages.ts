/** A scan as its caller sees it: pages no longer than he asked for, the next one on its way while he reads this one. */

import type { Route } from "@muster/core/slots";
import type { RedisCall } from "../client.ts";
import { Appetite } from "./appetite.ts";
import type { Page } from "./reading.ts";

/** Pages of what stands behind an identity, in order; they may be empty. It reads ahead by `appetite`. */
export type PageSource<T extends Route> = (
  after: string | undefined,
  call: RedisCall,
  appetite: Appetite,
) => AsyncIterable<Page<T>>;

export interface Pages<T extends Route> {
  readonly source: PageSource<T>;
  readonly after: string | undefined;
  /** Most items that are given at once. */
  readonly pageSize: number;
  readonly call: RedisCall;
  /** Waits for what the server is asked, as long as anybody wants to know it. */
  wait<R>(work: () => Promise<R>): Promise<R>;
}

/**
 * Pages of a scan.
 *
 * What has been read ahead may expire before its turn comes. It is given to nobody then, and read again: perhaps it has
 * been renewed meanwhile.
 */
export async function* pagesOf<T extends Route>(scan: Pages<T>): AsyncGenerator<readonly T[], void, undefined> {
  const appetite = new Appetite(scan.pageSize);
  const begin = (): Ahead<T> => new Ahead(scan.source(last, scan.call, appetite));
  let last = scan.after;
  let ahead = begin();
  try {
    while (true) {
      appetite.ask();
      let isHeld = ahead.isUnderWay;
      const page = await scan.wait(async () => ahead.next());
      if (page === undefined) return;
      appetite.serve(page.items.length);
      if (appetite.reads > 0) ahead.start();
      for (let from = 0; from < page.items.length; from += scan.pageSize) {
        if (isHeld && performance.now() >= page.freshUntil) {
          ahead.stop();
          ahead = begin();
          break;
        }
        if (from > 0) await scan.wait(async () => undefined);
        const items = page.items.slice(from, from + scan.pageSize);
        last = items.at(-1)?.identity ?? last;
        yield items;
        isHeld = true;
      }
    }
  } finally {
    ahead.stop();
  }
}

/** An iteration that may be one page ahead of whoever reads it. */
class Ahead<T extends Route> {
  readonly #pages: AsyncIterator<Page<T>>;
  #next: Promise<IteratorResult<Page<T>, unknown>> | undefined;

  constructor(pages: AsyncIterable<Page<T>>) {
    this.#pages = pages[Symbol.asyncIterator]();
  }

  /** The next page has been asked for already. */
  get isUnderWay(): boolean {
    return this.#next !== undefined;
  }

  start(): void {
    this.#next = this.#pages.next();
    this.#next.catch(() => undefined); // Told by `next`, if anybody still wants to know.
  }

  async next(): Promise<Page<T> | undefined> {
    if (this.#next === undefined) this.start();
    const result = await this.#next;
    this.#next = undefined;
    return result === undefined || result.done ? undefined : result.value;
  }

  /** Waits for nothing: what has been asked for is answered sometime, and forgotten. */
  stop(): void {
    this.#next = undefined;
    this.#pages.return?.().catch(() => undefined); // Nothing is left to fail for.
  }
}
