import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { type DeadlineQueue, deadlineQueue, type Expiring } from "../../src/slots/deadlines.ts";

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});

describe("what stands in a queue of deadlines", () => {
  test("expires when its own time has passed, in the order in which it came", () => {
    const expired: string[] = [];
    enter("a", 100, expired);
    vi.advanceTimersByTime(40);
    enter("b", 100, expired);
    enter("c", 100, expired);
    vi.advanceTimersByTime(60);
    expect(expired).toEqual(["a"]);
    vi.advanceTimersByTime(39);
    expect(expired).toEqual(["a"]);
    vi.advanceTimersByTime(1);
    expect(expired).toEqual(["a", "b", "c"]);
    expect(vi.getTimerCount()).toBe(0);
  });

  test.each([["first"], ["middle"], ["last"]])("does not expire once it has left, be it the %s", (name) => {
    const expired: string[] = [];
    const items = new Map(["first", "middle", "last"].map((each) => [each, enter(each, 100, expired)]));
    items.get(name)?.();
    items.get(name)?.();
    vi.advanceTimersByTime(100);
    expect(expired).toEqual(["first", "middle", "last"].filter((each) => each !== name));
  });

  test("shares one timer, which is gone when all have left", () => {
    const leaving = Array.from({ length: 1_000 }, (_, index) => enter(String(index), 100, []));
    expect(vi.getTimerCount()).toBe(1);
    for (const leave of leaving) leave();
    expect(vi.getTimerCount()).toBe(0);
  });

  test("may make others leave, and enter, when it expires", () => {
    const expired: string[] = [];
    const leaving: (() => void)[] = [];
    enter("a", 100, expired, () => {
      for (const leave of leaving) leave();
      enter("c", 100, expired);
    });
    leaving.push(enter("b", 100, expired));
    vi.advanceTimersByTime(100);
    expect(expired).toEqual(["a"]);
    vi.advanceTimersByTime(100);
    expect(expired).toEqual(["a", "c"]);
    expect(vi.getTimerCount()).toBe(0);
  });

  test("is not late because another has entered while one expired", () => {
    const expired: string[] = [];
    enter("a", 100, expired, () => enter("c", 100, expired));
    vi.advanceTimersByTime(1);
    enter("b", 100, expired);
    vi.advanceTimersByTime(100);
    expect(expired).toEqual(["a", "b"]);
    vi.advanceTimersByTime(99);
    expect(expired).toEqual(["a", "b", "c"]);
  });

  test("expires although the timer of those before it was taken away", () => {
    const expired: string[] = [];
    enter("a", 100, expired);
    vi.clearAllTimers();
    vi.advanceTimersByTime(101);
    enter("b", 100, expired);
    vi.advanceTimersByTime(100);
    expect(expired).toEqual(["a", "b"]);
  });

  test("expires apart from what is given another time", () => {
    const expired: string[] = [];
    enter("late", 200, expired);
    enter("early", 100, expired);
    vi.advanceTimersByTime(100);
    expect(expired).toEqual(["early"]);
    vi.advanceTimersByTime(100);
    expect(expired).toEqual(["early", "late"]);
  });
});

/** Gives what makes it leave. */
function enter(name: string, timeoutMs: number, expired: string[], onExpired = (): void => {}): () => void {
  const queue: DeadlineQueue = deadlineQueue(timeoutMs);
  const item: Expiring = {
    deadline: performance.now() + timeoutMs,
    before: undefined,
    behind: undefined,
    expire: () => {
      expired.push(name);
      onExpired();
    },
  };
  queue.enter(item);
  return () => queue.leave(item);
}
