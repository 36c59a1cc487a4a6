import { afterEach, assert, beforeEach, test, vi } from "vitest";
import { Backoff } from "../../src/slots/backoff.ts";

beforeEach(() => void vi.useFakeTimers({ toFake: ["performance"] }));
afterEach(() => void vi.useRealTimers());

test("the wait grows with the outage, up to a limit, and begins anew after it", () => {
  const backoff = new Backoff();
  const range = (): readonly [number, number] => {
    const waits = Array.from({ length: 200 }, () => backoff.nextMs());
    return [Math.min(...waits), Math.max(...waits)];
  };
  for (const [outageMs, middleMs] of [
    [0, 100],
    [2_000, 500],
    [60_000, 2_000],
  ] as const) {
    vi.advanceTimersByTime(outageMs);
    const [shortest, longest] = range();
    assert.isAtLeast(shortest, middleMs / 2);
    assert.isAtMost(longest, middleMs * 1.5 + 1);
    assert.isAbove(longest - shortest, middleMs / 2, "spread out");
  }
  backoff.reset();
  assert.isAtMost(range()[1], 151);
});
