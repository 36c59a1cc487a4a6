import { expect, test } from "vitest";
import type { Payload } from "../../src/fleet.ts";
import { encodePayload } from "../../src/input/payload.ts";

test("each type of payload has its bytes and its default content type", () => {
  expect(read(encodePayload(new Uint8Array([1, 2])))).toEqual({
    text: "\u0001\u0002",
    contentType: "application/octet-stream",
  });
  expect(read(encodePayload("zoë"))).toEqual({ text: "zoë", contentType: "text/plain; charset=utf-8" });
  expect(read(encodePayload({ a: [1, null] }))).toEqual({ text: '{"a":[1,null]}', contentType: "application/json" });
  expect(encodePayload("<a/>", "text/xml").contentType).toBe("text/xml");
});

test("an empty payload is a payload", () => {
  expect(encodePayload("").bytes.length).toBe(0);
  expect(encodePayload(new Uint8Array()).bytes.length).toBe(0);
});

test("bytes are a copy: what the caller does with its array later changes nothing", () => {
  const mine = Buffer.from("abc");
  const { bytes } = encodePayload(mine);
  mine.fill(0);
  expect(Buffer.from(bytes).toString()).toBe("abc");
});

test("members that are undefined are left out, as in metadata", () => {
  expect(read(encodePayload({ a: 1, b: undefined })).text).toBe('{"a":1}');
});

const CYCLE: { self?: unknown } = {};
CYCLE.self = CYCLE;

test.each([
  ["undefined", undefined],
  ["null", null],
  ["a number", 5],
  ["a boolean", true],
  ["a function", () => 1],
  ["a symbol", Symbol("x")],
  ["a nested function", { a: { b: () => 1 } }],
  ["undefined in an array", [1, undefined]],
  ["a cycle", CYCLE],
  ["a bigint", { a: 1n }],
  ["NaN", { a: Number.NaN }],
  ["Infinity", [Number.POSITIVE_INFINITY]],
  ["a Map", new Map([["a", 1]])],
  ["a Set within", { a: new Set([1]) }],
  ["an ArrayBuffer", new ArrayBuffer(3)],
  ["bytes within JSON", { a: new Uint8Array(3) }],
  ["a toJSON that gives nothing", { toJSON: () => undefined }],
  ["a lone surrogate", "a\ud800"],
])("%s is refused and not turned into something else", (_, payload) => {
  expect(() => encodePayload(payload as unknown as Payload)).toThrow(/\[INVALID_ARGUMENT\] core\.multicast/);
});

test.each(["", "text", "text/plain\r\nx: y", "téxt/plain", `a/${"b".repeat(254)}`])(
  "the content type %j is refused",
  (contentType) => {
    expect(() => encodePayload("x", contentType)).toThrow(/\[INVALID_ARGUMENT\].*contentType/);
  },
);

function read({ bytes, contentType }: ReturnType<typeof encodePayload>): { text: string; contentType: string } {
  return { text: Buffer.from(bytes).toString(), contentType };
}
