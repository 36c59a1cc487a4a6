import { expect, test } from "vitest";
import { OneByOne } from "../../src/tasks/one-by-one.ts";

type Pages = AsyncGenerator<readonly number[], void, undefined>;

async function* pagesOf(...pages: readonly (readonly number[])[]): Pages {
  for (const page of pages) yield page;
}

async function collect(items: AsyncIterable<number>): Promise<readonly number[]> {
  const all: number[] = [];
  for await (const item of items) all.push(item);
  return all;
}

test("items come in the order of their pages, and empty pages are passed over", async () => {
  expect(await collect(new OneByOne(pagesOf([], [1, 2], [], [3])))).toEqual([1, 2, 3]);
  expect(await collect(new OneByOne(pagesOf()))).toEqual([]);
});

test("who asks before the last one has been answered comes behind it", async () => {
  const items = new OneByOne(pagesOf([1, 2], [3]));
  const asked = [items.next(), items.next(), items.next(), items.next(), items.next()];
  expect((await Promise.all(asked)).map(({ value }) => value)).toEqual([1, 2, 3, undefined, undefined]);
});

test("an error is told once, and then it has ended", async () => {
  async function* failing(): Pages {
    yield [1];
    throw new Error("boom");
  }
  const items = new OneByOne(failing());
  const [first, second, third] = await Promise.allSettled([items.next(), items.next(), items.next()]);
  expect(first).toMatchObject({ value: { done: false, value: 1 } });
  expect(second).toMatchObject({ status: "rejected", reason: new Error("boom") });
  expect(third).toMatchObject({ value: { done: true } });
  expect(await items.next()).toEqual({ done: true, value: undefined });
});

test("whoever leaves ends the pages, and what is left of the last one", async () => {
  let hasEnded = false;
  async function* pages(): Pages {
    try {
      yield [1, 2];
      yield [3];
    } finally {
      hasEnded = true;
    }
  }
  const items = new OneByOne(pages());
  for await (const item of items) if (item === 1) break;
  expect(hasEnded).toBe(true);
  expect(await items.next()).toEqual({ done: true, value: undefined });
});

test("leaving comes behind whoever has asked before", async () => {
  const items = new OneByOne(pagesOf([1], [2]));
  const [asked, left, late] = await Promise.all([items.next(), items.return(), items.next()]);
  expect([asked.value, left.done, late.done]).toEqual([1, true, true]);
});
