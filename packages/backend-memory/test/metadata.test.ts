import type { Metadata } from "@muster/filter";
import { expect, test } from "vitest";
import { ownMetadata } from "../src/metadata.ts";

test("frozen metadata is stored as it is", () => {
  const metadata = Object.freeze({ a: 1 });
  expect(ownMetadata(metadata)).toBe(metadata);
});

test("other metadata is copied and frozen, and its owner can go on using it", () => {
  const metadata = { a: { b: [1, { c: 2 }] } };
  const owned = ownMetadata(metadata);
  metadata.a.b.push(3);
  expect(owned).toEqual({ a: { b: [1, { c: 2 }] } });
  expect(() => ((owned as typeof metadata).a.b[1] = 5)).toThrow(TypeError);
});

test("__proto__, constructor, a.b and $x are data", () => {
  const text = '{"__proto__":{"x":1},"constructor":2,"a.b":3,"$x":4}';
  expect(JSON.stringify(ownMetadata(JSON.parse(text) as Metadata))).toBe(text);
});
