import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { compareStrings } from "../src/index.ts";

describe("compareStrings", () => {
  it("is the order of UTF-8 bytes", { timeout: 60_000 }, () => {
    const text = fc.oneof(
      fc.string({ unit: "binary" }),
      fc.string({ unit: fc.constantFrom("a", "\ud7ff", "\ue000", "\uffff", "\u{10000}", "\u{10ffff}", "\u{1f600}") }),
    );
    fc.assert(
      fc.property(text, text, (a, b) => {
        expect(Math.sign(compareStrings(a, b))).toBe(Buffer.compare(Buffer.from(a), Buffer.from(b)));
      }),
      { numRuns: 5_000 },
    );
  });

  it.each([
    ["", "", 0],
    ["", "a", -1],
    ["a", "ab", -1],
    ["\ufb01", "\u{1f600}", -1],
    ["\u{1f600}", "\u{1f601}", -1],
    ["\u{10ffff}", "\uffff", 1],
    ["a".repeat(64) + "\uffff", "a".repeat(64) + "\u{10000}", -1],
    ["a".repeat(64) + "\u{10000}", "a".repeat(64), 1],
  ])("puts %j and %j in order", (a, b, order) => {
    expect(Math.sign(compareStrings(a, b))).toBe(order);
  });
});
