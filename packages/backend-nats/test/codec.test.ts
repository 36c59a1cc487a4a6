import { assert, describe, expect, test } from "vitest";
import { decodeValue, encodeHeaders, encodeValue } from "../src/codec.ts";

describe("header values", () => {
  test.for([
    ["printable ASCII stands as it is", "text/plain; charset=utf-8", "text/plain; charset=utf-8"],
    ["spaces at the ends are encoded, inside they are not", "  a b ", "%20%20a b%20"],
    ["nothing but spaces", "  ", "%20%20"],
    ["a percent sign is encoded", "100%25", "100%2525"],
    ["what is not ASCII is the percent-encoding of its UTF-8", "caf\u00e9 \u{1f600}", "caf%C3%A9 %F0%9F%98%80"],
    ["line ends can't break out", "a\r\nb", "a%0D%0Ab"],
  ])("%s", ([, text, encoded]) => {
    expect(encodeValue(text ?? "")).toBe(encoded);
    expect(decodeURIComponent(encoded ?? "")).toBe(text);
    expect(decodeValue(encoded ?? "")).toBe(text);
  });

  test("a percent sign that nobody encoded stays", () => {
    expect(decodeValue("100% sure")).toBe("100% sure");
  });
});

describe("header blocks", () => {
  test("no headers are no block", () => {
    expect(encodeHeaders({})).toBe("");
  });

  test("a block is what any client of NATS reads", () => {
    const block = encodeHeaders({ "muster-id": "1", "content-type": "text/plain" });
    expect(block).toBe("NATS/1.0\r\nmuster-id: 1\r\ncontent-type: text/plain\r\n\r\n");
  });

  test("a name that no header can have is refused", () => {
    for (const bad of ["", "a:b", "a b", "a\r\nb", "\u00e9"]) {
      assert.throws(() => encodeHeaders({ [bad]: "x" }), /INVALID_ARGUMENT/);
    }
  });
});
