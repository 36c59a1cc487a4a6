import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { boundedChannel, type Channel } from "../../src/slots/index.ts";
import { thrown } from "../support/codes.ts";

async function drain<Item>(channel: Channel<Item>): Promise<readonly (readonly Item[])[]> {
  const pages: (readonly Item[])[] = [];
  for await (const page of channel) pages.push(page);
  return pages;
}

describe("a bounded channel", () => {
  test("hands out what came in meanwhile as one page, in order", async () => {
    const channel = boundedChannel<number>(10);
    for (const item of [1, 2, 3]) channel.push(item);
    const pages = channel[Symbol.asyncIterator]();
    expect(await pages.next()).toEqual({ done: false, value: [1, 2, 3] });
    channel.push(4);
    expect(await pages.next()).toEqual({ done: false, value: [4] });
  });

  test("hands out pages that take no longer than a moment, however much has come in", async () => {
    const channel = boundedChannel<number>(1_000);
    for (let item = 0; item < 150; item += 1) channel.push(item);
    const reading = drain(channel);
    channel.close();
    const pages = await reading;
    expect(pages.map(({ length }) => length)).toEqual([64, 64, 22]);
    expect(pages.flat()).toEqual(Array.from({ length: 150 }, (_, index) => index));
    expect(channel.size).toBe(0);
  });

  test("takes of many the first for which there is room, and gives back the others", () => {
    const channel = boundedChannel<number>(2);
    expect(channel.pushAll([1, 2, 3, 4])).toEqual([3, 4]);
    expect(channel.size).toBe(2);
    expect(boundedChannel<number>(2).pushAll([1, 2])).toEqual([]);
  });

  test("wakes a consumer that waits", async () => {
    const channel = boundedChannel<string>(1);
    const next = channel[Symbol.asyncIterator]().next();
    channel.push("a");
    expect(await next).toEqual({ done: false, value: ["a"] });
  });

  test("takes no more than its capacity, and again when there is room", async () => {
    const channel = boundedChannel<number>(2);
    expect([1, 2, 3].map((item) => channel.push(item))).toEqual([true, true, false]);
    expect(channel.size).toBe(2);
    const pages = channel[Symbol.asyncIterator]();
    expect((await pages.next()).value).toEqual([1, 2]);
    expect(channel.push(4)).toBe(true);
    expect(channel.size).toBe(1);
  });

  test("that is closed hands out what waits, and ends", async () => {
    const channel = boundedChannel<number>(10);
    channel.push(1);
    channel.close();
    channel.close();
    expect(channel.push(2)).toBe(false);
    expect(await drain(channel)).toEqual([[1]]);
  });

  test("that is closed wakes a consumer that waits", async () => {
    const channel = boundedChannel<number>(10);
    const drained = drain(channel);
    channel.close();
    expect(await drained).toEqual([]);
  });

  test("that failed hands out what waits, and throws", async () => {
    const channel = boundedChannel<number>(10);
    channel.push(1);
    channel.fail(new Error("broken"));
    channel.fail(new Error("again"));
    const pages = channel[Symbol.asyncIterator]();
    expect((await pages.next()).value).toEqual([1]);
    await expect(pages.next()).rejects.toThrow("broken");
    expect(await pages.next()).toEqual({ done: true, value: undefined });
  });

  test("that has ended cannot fail any more", async () => {
    const channel = boundedChannel<number>(10);
    channel.close();
    channel.fail(new Error("late"));
    expect(await drain(channel)).toEqual([]);
  });

  test("takes nothing more once its consumer has left", async () => {
    const channel = boundedChannel<number>(10);
    channel.push(1);
    for await (const _ of channel) break;
    expect(channel.push(2)).toBe(false);
    expect(channel.size).toBe(0);
  });

  test("lets a consumer leave while it waits", async () => {
    const channel = boundedChannel<number>(10);
    const pages = channel[Symbol.asyncIterator]();
    const waiting = pages.next();
    await pages.return?.();
    expect(await waiting).toEqual({ done: true, value: undefined });
    expect(channel.push(1)).toBe(false);
  });

  test("is iterated once", () => {
    const channel = boundedChannel<number>(10);
    channel[Symbol.asyncIterator]();
    thrown("INVALID_ARGUMENT", () => channel[Symbol.asyncIterator]());
  });

  test("loses nothing it took and invents nothing, in any interleaving", async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.scheduler(),
        fc.array(fc.nat(), { maxLength: 30 }),
        fc.integer({ min: 1, max: 5 }),
        async (scheduler, items, capacity) => {
          const channel = boundedChannel<number>(capacity);
          const taken: number[] = [];
          const drained = drain(channel);
          const pushes = items.map((item) =>
            scheduler.schedule(Promise.resolve()).then(() => (channel.push(item) ? taken.push(item) : undefined)),
          );
          await scheduler.waitFor(Promise.all(pushes));
          channel.close();
          expect((await drained).flat()).toEqual(taken);
        },
      ),
    );
  });
});

test("a page of a channel that failed in between is handed out before the error", async () => {
  const channel = boundedChannel<number>(10);
  const seen: number[] = [];
  const work = (async () => {
    for await (const page of channel) {
      seen.push(...page);
      if (seen.length === 1) {
        channel.push(2);
        channel.fail(new Error("broken"));
      }
    }
  })();
  channel.push(1);
  await expect(work).rejects.toThrow("broken");
  expect(seen).toEqual([1, 2]);
});
