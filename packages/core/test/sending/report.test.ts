import fc from "fast-check";
import { expect, test } from "vitest";
import { Tally } from "../../src/sending/report.ts";
import type { Receipt } from "../../src/slots/index.ts";

const outcome = fc.record({
  status: fc.constantFrom("delivered" as const, "failed" as const, "timeout" as const),
  identities: fc.array(fc.string(), { maxLength: 700 }),
});

test("targets are always the sum of the counts, statuses are capped, and receipts are complete", async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(outcome, { maxLength: 8 }), fc.boolean(), async (outcomes, isShown) => {
      const receipts: Receipt[] = [];
      const tally = new Tally(isShown ? (page) => void receipts.push(...page) : undefined);
      for (const { status, identities } of outcomes) {
        if (status === "delivered") tally.deliver(identities);
        else tally.miss(status, identities, "UNAVAILABLE", "down");
      }
      await tally.show();
      const report = tally.report("m", undefined);
      const total = outcomes.reduce((sum, { identities }) => sum + identities.length, 0);
      expect(report.targetCount).toBe(total);
      expect(report.deliveredCount + report.pendingCount + report.failedCount + report.timeoutCount).toBe(total);
      expect(report.statuses).toHaveLength(Math.min(1_000, report.failedCount + report.timeoutCount));
      expect(report.statuses.every(({ status, code }) => status !== "delivered" && code !== undefined)).toBe(true);
      expect(receipts).toHaveLength(isShown ? total : 0);
    }),
    { numRuns: 50 },
  );
});

test("receipts come in pages of at most a thousand, each once", async () => {
  const pages: number[] = [];
  const tally = new Tally(({ length }) => void pages.push(length));
  tally.deliver(Array.from({ length: 2_500 }, (_, index) => String(index)));
  await tally.show();
  await tally.show();
  expect(pages).toEqual([1_000, 1_000, 500]);
});

test("a report stays as it is when the tally goes on", () => {
  const tally = new Tally();
  tally.miss("failed", ["a"], "NO_ROUTE", "gone");
  const report = tally.report("m", { code: "TIMEOUT", after: "a" });
  tally.miss("failed", ["b"], "NO_ROUTE", "gone");
  expect(report).toMatchObject({ id: "m", targetCount: 1, incomplete: { code: "TIMEOUT", after: "a" } });
  expect(report.statuses).toEqual([{ identity: "a", status: "failed", code: "NO_ROUTE", reason: "gone" }]);
});
