import type { MulticastReport } from "@muster/core";
import { describe, expect, it } from "vitest";
import { allAgree, formatJson, formatReport, type Row, type Summary } from "../src/report.ts";

const ROW: Row = {
  title: "Icelandic",
  filter: { country: "IS" },
  targetCount: 1234,
  deliveredCount: 1234,
  receivedCount: 1234,
  elapsedMs: 1.23456,
  receivers: ["BIKF Keflavik", "BIAR Akureyri", "BIEG Egilsstaðir", "BIIS Ísafjörður"],
  repeats: 0,
  crash: undefined,
  disagreements: [],
};

function summary(...rows: readonly Row[]): Summary {
  const fleet = {
    registered: 5210,
    processes: 1,
    store: "memory",
    delivery: "at-most-once",
    registerMs: 99.6,
  } as const;
  return { ...fleet, message: "Hello", rows };
}

const WRONG: Row = { ...ROW, receivedCount: 1233, disagreements: ["not reached: BIAR"] };

const REPORT: MulticastReport = {
  id: "m1",
  targetCount: 1234,
  deliveredCount: 1234,
  pendingCount: 0,
  failedCount: 0,
  timeoutCount: 0,
  statuses: [],
};
const CRASHED: Row = {
  ...ROW,
  crash: { served: 155, before: { ...REPORT, deliveredCount: 1156, pendingCount: 78 }, after: REPORT },
};

function durable(delivery: Summary["delivery"], ...rows: readonly Row[]): Summary {
  return { ...summary(...rows), delivery, store: "PostgreSQL" };
}

describe("the report", () => {
  it("is one JSON document of exactly the promised shape", () => {
    expect(JSON.parse(formatJson(summary(ROW)))).toEqual({
      registered: 5210,
      multicasts: [
        { filter: { country: "IS" }, targetCount: 1234, deliveredCount: 1234, receivedCount: 1234, elapsedMs: 1.23 },
      ],
      agree: true,
    });
  });

  it("agrees only when every multicast does", () => {
    expect(allAgree(summary(ROW, ROW))).toBe(true);
    expect(allAgree(summary(ROW, WRONG))).toBe(false);
    expect(JSON.parse(formatJson(summary(WRONG)))).toMatchObject({ agree: false });
  });

  it("shows counts, some who received it, and what to try next", () => {
    const text = formatReport(summary(ROW), false);
    expect(text).toContain("5,210 airports registered by 1 process in memory, in 100 ms.");
    expect(text).toMatch(/✓ Icelandic +1,234 +1,234 +1,234 +1\.2\n/);
    expect(text).toContain('{"country":"IS"}');
    expect(text).toContain("BIKF Keflavik · BIAR Akureyri · 2 more");
    expect(text).toContain("npm run demo -- --filter");
  });

  it("says what does not agree", () => {
    const text = formatReport(summary(ROW, WRONG), false);
    expect(text).toMatch(/✗ Icelandic +1,234 +1,234 +1,233/);
    expect(text).toContain("not reached: BIAR");
    expect(text).toContain("They do not agree.");
  });

  it("says what delivered means", () => {
    expect(formatReport(durable("at-most-once", ROW), false)).toContain("delivered: the broker accepted it for them");
    expect(formatReport(durable("at-least-once", ROW), false)).toContain("delivered: their handlers acknowledged it");
  });

  it("shows who was pending while a process was away, and that nothing is lost", () => {
    const text = formatReport(durable("at-least-once", { ...CRASHED, receivedCount: 1240, repeats: 6 }), false);
    expect(text).toContain("The process that served 155 of them was killed");
    expect(text).toContain("away: 1,156 delivered, 78 pending (PostgreSQL keeps it until they are back)");
    expect(text).toContain("back: 1,234 delivered, 0 pending: nothing is lost");
    expect(text).toContain("6 airports handled it twice");
    expect(JSON.parse(formatJson(durable("at-least-once", CRASHED)))).toMatchObject({
      multicasts: [
        {
          kill: {
            served: 155,
            before: { deliveredCount: 1156, pendingCount: 78, failedCount: 0, timeoutCount: 0 },
            after: { deliveredCount: 1234, pendingCount: 0, failedCount: 0, timeoutCount: 0 },
          },
        },
      ],
    });
  });

  it("does not say that nothing is lost while somebody is pending", () => {
    const after = { ...REPORT, deliveredCount: 1233, pendingCount: 1 };
    const text = formatReport(
      durable("at-least-once", { ...CRASHED, crash: { served: 1, before: REPORT, after } }),
      false,
    );
    expect(text).toContain("back: 1,233 delivered, 1 pending\n");
  });

  it("has colours only when asked for", () => {
    expect(formatReport(summary(ROW), false)).not.toContain("\u001B");
    expect(formatReport(summary(ROW), true)).toContain("\u001B[32m✓\u001B[0m");
  });
});
