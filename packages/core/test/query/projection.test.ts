import type { Metadata } from "@muster/filter";
import { expect, test } from "vitest";
import { projectionOf } from "../../src/query/projection.ts";

function project(metadata: unknown, ...paths: readonly string[]): Metadata {
  return projectionOf(paths, "test")(metadata as Metadata);
}

test("only the paths asked for are left, in objects like those they came from", () => {
  const metadata = { a: 1, b: { c: 2, d: { e: 3, f: 4 } }, g: [1] };
  expect(project(metadata, "a", "b.d.e", "g")).toEqual({ a: 1, b: { d: { e: 3 } }, g: [1] });
});

test("a path that leads nowhere adds nothing, and into arrays none leads", () => {
  expect(project({ a: { b: 1 }, c: [{ d: 1 }] }, "x", "a.x", "a.b.c", "c.0", "c.d")).toEqual({});
});

test("null is a value", () => {
  expect(project({ a: null }, "a")).toEqual({ a: null });
});

test("a path within another adds nothing, in either order", () => {
  const metadata = { a: { b: 1, c: 2 } };
  expect(project(metadata, "a", "a.b")).toEqual(metadata);
  expect(project(metadata, "a.b", "a")).toEqual(metadata);
});

test("names that mean something to JavaScript are data", () => {
  const metadata: unknown = JSON.parse('{"__proto__":{"x":1},"constructor":2,"a.b":3,"$x":4}');
  const projected = project(metadata, "__proto__.x", "constructor", "a\\.b", "\\$x", "toString");
  expect(JSON.stringify(projected)).toBe('{"constructor":2,"a.b":3,"$x":4,"__proto__":{"x":1}}');
  expect(Object.getPrototypeOf(projected)).toBe(Object.prototype);
});

test("what it was taken from stays as it was", () => {
  const metadata = Object.freeze({ a: Object.freeze({ b: 1, c: 2 }) });
  project(metadata, "a.b");
  expect(metadata).toEqual({ a: { b: 1, c: 2 } });
});

test.each([[[]], [[""]], [["a..b"]], [["$x"]], [[1]], ["a"]])("projection %j is refused", (paths) => {
  expect(() => projectionOf(paths as readonly string[], "test")).toThrow(/\[INVALID_ARGUMENT\] test/);
});
