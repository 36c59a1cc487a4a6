import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { regexPrefix } from "../src/index.ts";
import { compilePattern } from "../src/regex.ts";

describe("regexPrefix", () => {
  it.each([
    ["^abc", "abc"],
    ["^abc$", "abc"],
    ["^ab.c", "ab"],
    ["^a\\.b", "a.b"],
    ["^a\\\\b", "a\\b"],
    ["^ab*", "a"],
    ["^ab?c", "a"],
    ["^ab{2}", "a"],
    ["^ab+c", "a"],
    ["^ab(c)", "a"],
    ["^ab[c]", "ab"],
    ["^ab\\d", "a"],
    ["^ab\\.\\d", "ab"],
    ["^ab+(?i)?", "a"],
    ["^ab\\Q\\E*", "a"],
    ["^a\\*b", "a*b"],
    ["^a\u{1f600}*", "a"],
    ["^\u{1f600}x", "\u{1f600}x"],
    ["^a-b/c", "a-b/c"],
    ["^ab(?i)c", "a"],
  ])("of %s is %s", (pattern, prefix) => {
    expect(regexPrefix(pattern)).toBe(prefix);
  });

  it.each([
    "",
    "abc",
    "^",
    "^a|b",
    "^(a|b)c",
    "^(ab)",
    "^.a",
    "^a*",
    "(?i)^ab",
    "(?m)^ab",
    "^(?i)ab",
    "^\\d",
    "^[a]b",
    "^\\Qab\\E",
    "^^a",
    "^$",
    "^a{0}",
    "\\Aab",
  ])("of %s is unknown", (pattern) => {
    expect(regexPrefix(pattern)).toBeUndefined();
  });

  it("never excludes a text that matches", { timeout: 60_000 }, () => {
    const literal = fc.constantFrom("a", "b", "\\.", "\u{1f600}");
    const special = fc.constantFrom(
      ".",
      "*",
      "+",
      "?",
      "{2}",
      "(",
      ")",
      "|",
      "[ab]",
      "^",
      "$",
      "\\d",
      "\\Q",
      "\\E",
      "(?i)",
      "\u{1f600}",
      "\\b",
      "{",
      "}",
      "\\x41",
      "\\pL",
    );
    const piece = fc.oneof(literal, special);
    const text = fc.string({ unit: fc.constantFrom("a", "b", "A", ".", "1", "\u{1f600}", "{", "\n"), maxLength: 6 });
    let matched = 0;
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 6 }), text, (pieces, subject) => {
        const pattern = `^${pieces.join("")}`;
        const prefix = regexPrefix(pattern);
        const compiled = compilePattern(pattern);
        if (prefix === undefined || "problem" in compiled) return;
        if (!compiled.matches(subject)) return;
        matched += 1;
        if (!subject.startsWith(prefix)) expect.fail(JSON.stringify({ pattern, subject, prefix }));
      }),
      { numRuns: 30_000 },
    );
    expect(matched).toBeGreaterThan(100);
  });
});

describe("compilePattern", () => {
  it.each(["(a", "a(?=b)", "(a)\\1", "a{1001}", "((a{100}){100}){100}", "[z-a]", "\\Z", "(?<x"])(
    "says that %s is no pattern",
    (pattern) => {
      expect(compilePattern(pattern)).toMatchObject({ problem: "syntax" });
    },
  );

  it("refuses a pattern that expands to a huge program", () => {
    expect(compilePattern("[a-z]{1000}".repeat(20))).toMatchObject({ problem: "size" });
  });
});
