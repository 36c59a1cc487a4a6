import { expect, test } from "vitest";
import { prefetched } from "../../src/sending/prefetch.ts";

interface Source extends AsyncIterable<number> {
  readonly log: string[];
}

function source(count: number, failAt = Number.POSITIVE_INFINITY): Source {
  const log: string[] = [];
  return {
    log,
    async *[Symbol.asyncIterator](): AsyncGenerator<number, void, undefined> {
      try {
        for (let i = 0; i < count; i++) {
          log.push(`fetch ${i}`);
          if (i === failAt) throw new Error(`at ${i}`);
          yield i;
        }
      } finally {
        log.push("end");
      }
    },
  };
}

test("all pages come, in order", async () => {
  const pages: number[] = [];
  for await (const page of prefetched(source(5))) pages.push(page);
  expect(pages).toEqual([0, 1, 2, 3, 4]);
});

test("while a page is used the next one, and no other, has been asked for", async () => {
  const pages = source(5);
  for await (const page of prefetched(pages)) {
    await new Promise(setImmediate);
    expect(pages.log.filter((entry) => entry.startsWith("fetch"))).toHaveLength(Math.min(page + 2, 5));
  }
});

test("a failure comes after the pages before it", async () => {
  const pages: number[] = [];
  const reading = (async (): Promise<void> => {
    for await (const page of prefetched(source(5, 3))) pages.push(page);
  })();
  await expect(reading).rejects.toThrow("at 3");
  expect(pages).toEqual([0, 1, 2]);
});

test("leaving ends the source, also when the page fetched ahead has failed", async () => {
  for (const pages of [source(5), source(5, 1)]) {
    for await (const _ of prefetched(pages)) break;
    expect(pages.log.at(-1)).toBe("end");
  }
});
