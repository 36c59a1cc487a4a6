import { describe, expect, test } from "vitest";
import { deliveriesIn, frameOf } from "../../src/messages/frames.ts";

const NOTHING = new Uint8Array();

describe("a frame", () => {
  test("is laid out as its header says", () => {
    const frame = frameOf({ address: "é", headers: { a: "1" }, body: Uint8Array.of(0, 255) });
    const json = Buffer.from('{"a":"1"}').toString("hex");
    expect(frame.toString("hex")).toBe(`00000014${"01"}${"0002"}${"00000009"}c3a9${json}00ff`);
  });

  test("without headers holds none", () => {
    expect(frameOf({ address: "a", headers: {}, body: NOTHING }).toString("hex")).toBe("00000008010001" + "0000000061");
  });

  test.each([
    { address: "a", headers: {}, body: NOTHING },
    {
      address: "\u{1f600}".repeat(64),
      headers: { "x-y": "  é\u2028 " },
      body: Uint8Array.from({ length: 256 }, (_, n) => n),
    },
    {
      address: "a",
      headers: Object.fromEntries(Array.from({ length: 200 }, (_, n) => [`h${n}`, "x".repeat(500)])),
      body: NOTHING,
    },
  ])("is read as it was written", (message) => {
    expect(deliveriesIn(frameOf(message))).toEqual([message]);
  });
});

test("frames of one row are read in their order, each with its own", () => {
  const messages = ["a", "b", "c"].map((address, n) => ({
    address,
    headers: n === 1 ? { n: "1" } : {},
    body: Uint8Array.of(n),
  }));
  expect(deliveriesIn(Buffer.concat(messages.map(frameOf)))).toEqual(messages);
  expect(deliveriesIn(Buffer.alloc(0))).toEqual([]);
});

test("bodies of one row don't overlap, so that whoever writes into one changes no other", () => {
  const [first, second] = deliveriesIn(
    Buffer.concat([1, 2].map((n) => frameOf({ address: "a", headers: {}, body: Uint8Array.of(n, n) }))),
  );
  first?.body.fill(9);
  expect(second?.body).toEqual(Uint8Array.of(2, 2));
});

test("a version that a later release writes is refused", () => {
  const frame = frameOf({ address: "a", headers: {}, body: NOTHING });
  frame.writeUInt8(2, 4);
  expect(() => deliveriesIn(frame)).toThrow(expect.objectContaining({ code: "UNSUPPORTED" }));
});
