import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { FilterError, formatPath, parsePath, readPath } from "../src/index.ts";

describe("parsePath", () => {
  it.each([
    ["a", ["a"]],
    ["a.b.c", ["a", "b", "c"]],
    ["a\\.b", ["a.b"]],
    ["\\$x.\\$y", ["$x", "$y"]],
    ["a$b", ["a$b"]],
    ["a\\\\.b", ["a\\", "b"]],
    ["a\\\\\\.b", ["a\\.b"]],
    [" ", [" "]],
  ])("reads %s", (key, path) => {
    expect(parsePath(key)).toEqual(path);
  });

  it.each(["", ".", "a.", ".a", "a..b", "$x", "a.$x", "a\\", "a\\b", "a\\$b", "\\", "a\0", "\udc00"])(
    "refuses %j",
    (key) => {
      expect(() => parsePath(key)).toThrow(FilterError);
    },
  );

  it("has one spelling for each path, that of formatPath", () => {
    const segment = fc.string({ unit: fc.constantFrom("a", ".", "$", "\\", "é"), minLength: 1, maxLength: 5 });
    fc.assert(
      fc.property(fc.array(segment, { minLength: 1 }), (path) => {
        expect(parsePath(formatPath(path))).toEqual(path);
      }),
    );
    fc.assert(
      fc.property(fc.string({ unit: fc.constantFrom("a", ".", "$", "\\") }), (key) => {
        try {
          expect(formatPath(parsePath(key))).toBe(key);
        } catch (error) {
          if (!(error instanceof FilterError)) throw error;
        }
      }),
    );
  });
});

describe("readPath", () => {
  it("reaches own members of nested objects, never arrays or inherited members", () => {
    const metadata = { a: { b: null }, list: [{ a: 1 }], "x.y": 2 };
    expect(readPath(metadata, ["a", "b"])).toBeNull();
    expect(readPath(metadata, ["x.y"])).toBe(2);
    expect(readPath(metadata, ["list", "0"])).toBeUndefined();
    expect(readPath(metadata, ["list", "length"])).toBeUndefined();
    expect(readPath(metadata, ["constructor"])).toBeUndefined();
    expect(readPath(metadata, ["a", "b", "c"])).toBeUndefined();
  });
});
