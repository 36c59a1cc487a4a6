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
  disagreements: [],
};

function summary(...rows: readonly Row[]): Summary {
  return { registered: 5210, processes: 1, registerMs: 99.6, message: "Hello", rows };
}

const WRONG: Row = { ...ROW, receivedCount: 1233, disagreements: ["not reached: BIAR"] };

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
    expect(text).toContain("5,210 airports registered by 1 process in 100 ms.");
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

  it("has colours only when asked for", () => {
    expect(formatReport(summary(ROW), false)).not.toContain("\u001B");
    expect(formatReport(summary(ROW), true)).toContain("\u001B[32m✓\u001B[0m");
  });
});
