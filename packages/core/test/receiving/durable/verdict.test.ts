import { expect, test } from "vitest";
import { retryDelayMs, settlementOf, triedOut } from "../../../src/receiving/durable/verdict.ts";
import type { Outcome } from "../../../src/receiving/outcome.ts";
import type { Settlement } from "../../../src/slots/index.ts";

const MAX_ATTEMPTS = 3;

function settlement(outcome: Outcome, attempt = 1): Settlement {
  return settlementOf({ receipt: "r", attempt }, outcome, MAX_ATTEMPTS);
}

test("each outcome has its settlement", () => {
  expect(settlement({ as: "handled" })).toEqual({ receipt: "r", as: "ack" });
  expect(settlement({ as: "untried" }, MAX_ATTEMPTS)).toEqual({ receipt: "r", as: "release" });
  const dead = { receipt: "r", as: "dead" };
  expect(settlement({ as: "rejected", reason: "no" })).toEqual({ ...dead, code: "REJECTED", reason: "no" });
  const thrown: Outcome = { as: "thrown", error: new Error("boom") };
  expect(settlement(thrown, MAX_ATTEMPTS - 1)).toMatchObject({ as: "retry" });
  expect(settlement(thrown, MAX_ATTEMPTS)).toEqual({ ...dead, code: "DEAD_LETTERED", reason: "boom" });
  expect(triedOut({ receipt: "r", attempt: 4 })).toEqual({ ...dead, code: "DEAD_LETTERED", reason: "tried 3 times" });
});

test("a dead letter always has a reason, whatever was thrown, and never a long one", () => {
  const reasonOf = (error: unknown): unknown =>
    Reflect.get(settlement({ as: "thrown", error }, MAX_ATTEMPTS), "reason");
  expect([undefined, "text", new Error(""), { a: 1 }].map(reasonOf)).toEqual([
    "undefined",
    "text",
    "its handler threw",
    "[object Object]",
  ]);
  expect(String(reasonOf(new Error("x".repeat(10_000))))).toHaveLength(1_000);
});

test("retries come less and less often, never twice at the same time, and at least once a minute", () => {
  const delays = Array.from({ length: 40 }, (_, index) => retryDelayMs(index + 1));
  for (const [index, delayMs] of delays.entries()) {
    const most = Math.min(60_000, 100 * 2 ** index);
    expect(delayMs).toBeGreaterThanOrEqual(most / 2);
    expect(delayMs).toBeLessThanOrEqual(most + 1);
  }
  expect(new Set(delays.slice(-20)).size).toBeGreaterThan(15);
});
