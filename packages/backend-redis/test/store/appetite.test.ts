import { expect, test } from "vitest";
import { Appetite } from "../../src/store/appetite.ts";

/** What is to be read on behind reads that have found so many items each, for a reader of pages of 100. */
function readsBehind(...found: readonly number[]): number {
  const appetite = new Appetite(100);
  for (const items of found) {
    appetite.ask();
    appetite.serve(items);
  }
  return appetite.reads;
}

test("one read is all that is known to be wanted before anything has been read", () => {
  expect(readsBehind()).toBe(1);
});

test("behind a full page nothing is, until its reader comes for more", () => {
  expect([readsBehind(100), readsBehind(60, 60), readsBehind(1_000)]).toEqual([0, 0, 0]);
  expect([readsBehind(100, 100), readsBehind(60, 60, 0)]).toEqual([Number.POSITIVE_INFINITY, Number.POSITIVE_INFINITY]);
});

test("until then it is as many as will fill the page, if they find as much as those before", () => {
  expect([readsBehind(50), readsBehind(40), readsBehind(10, 10), readsBehind(99)]).toEqual([1, 2, 8, 1]);
  expect([readsBehind(0), readsBehind(0, 0)]).toEqual([Number.POSITIVE_INFINITY, Number.POSITIVE_INFINITY]);
});
