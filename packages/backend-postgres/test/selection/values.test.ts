import { compareStrings } from "@muster/filter";
import { expect, test } from "vitest";
import { cutWord, nested, successorOf, valueAt } from "../../src/selection/values.ts";

test("a path is read step by step, so that it never leads into an array", () => {
  expect(valueAt(["$1::text", "$2::text"])).toBe("m.metadata -> $1::text -> $2::text");
});

test("what contains a value lies around it, whatever the keys are called", () => {
  expect(JSON.stringify(nested(["a", "__proto__"], 1))).toBe('{"a":{"__proto__":1}}');
});

test("words are cut between code points", () => {
  expect(cutWord("\u{1f600}".repeat(65))).toBe("\u{1f600}".repeat(64));
  expect(cutWord(`${"a".repeat(63)}\u{1f600}b`)).toBe(`${"a".repeat(63)}\u{1f600}`);
  expect(cutWord("short")).toBe("short");
});

test.each(["a", "on", "\ud7ff", "a\u{10ffff}", "é", "\u{1f600}"])(
  "behind all that begin with %j comes their successor",
  (prefix) => {
    const successor = successorOf(prefix);
    if (successor === undefined) throw new Error("there is one");
    for (const rest of ["", "\u0001", "z", "\u{10ffff}\u{10ffff}"]) {
      expect(compareStrings(prefix + rest, successor)).toBeLessThan(0);
    }
    expect(successor.startsWith(prefix)).toBe(false);
  },
);

test("nothing comes behind the last code point", () => {
  expect(successorOf("\u{10ffff}\u{10ffff}")).toBeUndefined();
  expect(successorOf("")).toBeUndefined();
});
