import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { decodeName, encodeName } from "../../src/slots/index.ts";
import { thrown } from "../support/codes.ts";

const HOSTILE = [
  "*",
  ">",
  "a.b",
  "a_b",
  "a__b",
  "_2e",
  "a*",
  "a b",
  "a/b",
  "../a",
  "$SYS",
  "#",
  "a:b",
  "{a}",
  "é",
  "😀",
  "\0",
  "\n",
  "'; --",
  "_",
  "A",
  "a",
];

const texts = fc.oneof(
  fc.string({ unit: "binary", maxLength: 40 }),
  fc.string({ unit: fc.constantFrom("_", "2", "e", ".", "a", "A", "-"), maxLength: 40 }),
);

describe("a name", () => {
  test("is the text itself where that has only letters, digits and hyphens", () => {
    expect(encodeName("sensor-7", 64)).toBe("sensor-7");
  });

  test("spells everything else out", () => {
    expect(encodeName("a.b_c*é", 64)).toBe("a_2eb_5fc_2a_c3_a9");
  });

  test.each(HOSTILE)("of %j is harmless and can be read back", (text) => {
    const name = encodeName(text, 64);
    expect(name).toMatch(/^[A-Za-z0-9_-]+$/);
    expect(decodeName(name)).toBe(text);
  });

  test("is another one for every text", () => {
    expect(new Set(HOSTILE.map((text) => encodeName(text, 64))).size).toBe(HOSTILE.length);
    fc.assert(
      fc.property(texts, texts, fc.integer({ min: 34, max: 80 }), (a, b, maxLength) => {
        expect(encodeName(a, maxLength) === encodeName(b, maxLength)).toBe(a === b);
      }),
      { numRuns: 2_000 },
    );
  });

  test("has the allowed characters and length, and reads back unless it was cut", () => {
    fc.assert(
      fc.property(texts, fc.integer({ min: 34, max: 80 }), (text, maxLength) => {
        const name = encodeName(text, maxLength);
        expect(name).toMatch(/^[A-Za-z0-9_-]*$/);
        expect(name.length).toBeLessThanOrEqual(maxLength);
        expect(decodeName(name)).toBe(name.includes("__") ? undefined : text);
      }),
      { numRuns: 2_000 },
    );
  });

  test("that is too long is cut at a whole escape and ends in a hash of the whole", () => {
    const [one, other] = [encodeName(`${"é".repeat(99)}a`, 48), encodeName(`${"é".repeat(99)}b`, 48)];
    expect(one).toMatch(/^_c3_a9_c3_a9__[0-9a-f]{32}$/);
    expect(other).toMatch(/^_c3_a9_c3_a9__[0-9a-f]{32}$/);
    expect(one).not.toBe(other);
  });

  test("is never one that is kept for a cut text", () => {
    const cut = encodeName("x".repeat(100), 64);
    expect(encodeName(cut, 200)).not.toBe(cut);
  });

  test("is refused for lone surrogates and for less room than a hash takes", () => {
    thrown("INVALID_ARGUMENT", () => encodeName("\ud800", 64));
    thrown("INVALID_ARGUMENT", () => encodeName("a", 33));
  });
});

test.each(["a.b", "a_", "a_2", "a_2E", "_zz", "_61", "_ff", "é", "a__0"])(
  "%j is no name that was ever made",
  (name) => {
    expect(decodeName(name)).toBeUndefined();
  },
);
