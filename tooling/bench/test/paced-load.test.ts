import { expect, test } from "vitest";
import { applyPaced } from "../src/paced-load.ts";

test("every request that was due is sent once, in order, and has a latency", async () => {
  const sent: number[] = [];
  const result = await applyPaced({ perSecond: 1_000, seconds: 0.05 }, async (request) => {
    sent.push(request);
  });
  expect(sent).toEqual(Array.from({ length: 50 }, (_, request) => request));
  expect(result).toMatchObject({ due: 50, failed: 0 });
  expect(result.latencies.count).toBe(50);
});

test("none leaves before it is due, and what it waits behind a stall counts", async () => {
  const early: number[] = [];
  let isStalled = false;
  const { latencies } = await applyPaced({ perSecond: 100, seconds: 0.1 }, async (request, dueAt) => {
    if (performance.now() < dueAt) early.push(request);
    const until = performance.now() + 60;
    while (!isStalled && performance.now() < until); // The event loop stands still, and those behind it are late.
    isStalled = true;
  });
  expect(early).toEqual([]);
  expect(latencies.quantile(0.6)).toBeGreaterThanOrEqual(20); // The fifth was due 20 ms before the end of the stall.
});

test("what throws has failed, and the first says why", async () => {
  const result = await applyPaced({ perSecond: 1_000, seconds: 0.01 }, async (request) => {
    if (request % 2 === 1) throw new Error(`no ${request}`);
  });
  expect(result).toMatchObject({ due: 10, failed: 5, failure: "no 1" });
});

test("a load that falls too far behind is given up, and what was not answered has failed", async () => {
  const patience = { maxBehindS: 0.05, answerMs: 1 };
  const never = new Promise<void>(() => {});
  const result = await applyPaced({ perSecond: 1_000, seconds: 60 }, () => never, patience);
  expect(result).toMatchObject({ due: 60_000, failed: 60_000 });
  expect(result.latencies.count).toBeGreaterThanOrEqual(50);
  expect(result.lastedMs).toBeLessThan(60_000);
});
