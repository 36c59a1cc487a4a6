import { headers as natsHeaders, MsgHdrsImpl } from "@nats-io/transport-node";
import fc from "fast-check";
import type { Headers } from "@muster/core/slots";
import { assert, describe, expect, test } from "vitest";
import { decodeHeaders, decodeValue, encodeValue, HeaderEncoder } from "../src/codec.ts";

/** As it arrives: the driver reads what the encoder wrote. */
function arrived(block: string): Headers {
  const headers = block === "" ? {} : { headers: MsgHdrsImpl.decode(Buffer.from(block, "latin1")) };
  return decodeHeaders(headers);
}

const value = fc.string({ unit: "grapheme", minLength: 1 }).filter((text) => !/[\p{Cc}\p{Cs}]/u.test(text));
const name = fc.stringMatching(/^[a-z][a-z0-9-]{0,12}$/);
const headers = fc.dictionary(name, value, { maxKeys: 6, noNullPrototype: true });

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
    expect(new HeaderEncoder().encode({})).toBe("");
  });

  test("a block is what any client of NATS reads", () => {
    const block = new HeaderEncoder().encode({ "muster-id": "1", "content-type": "text/plain" });
    expect(block).toBe("NATS/1.0\r\nmuster-id: 1\r\ncontent-type: text/plain\r\n\r\n");
  });

  test("a name that no header can have is refused", () => {
    for (const bad of ["", "a:b", "a b", "a\r\nb", "\u00e9"]) {
      assert.throws(() => new HeaderEncoder().encode({ [bad]: "x" }), /INVALID_ARGUMENT/);
    }
  });

  test("whatever came before, headers arrive as they were", () => {
    fc.assert(
      fc.property(fc.array(headers, { maxLength: 8 }), (messages) => {
        const encoder = new HeaderEncoder();
        for (const message of messages) assert.deepEqual(arrived(encoder.encode(message)), message);
      }),
      { verbose: true },
    );
  });

  test("messages alike in all but some values arrive each with its own", () => {
    const alike = fc.tuple(fc.constantFrom("a", "b"), fc.constantFrom("1", "2", "3"), value, fc.constantFrom("x", "y"));
    fc.assert(
      fc.property(fc.array(alike, { maxLength: 30 }), (messages) => {
        const encoder = new HeaderEncoder();
        for (const [id, epoch, identity, type] of messages) {
          const message = { id, identity, epoch, "content-type": type };
          assert.deepEqual(arrived(encoder.encode(message)), message);
        }
      }),
      { verbose: true },
    );
  });

  test("the address of a hashed subject is not among the headers of a delivery", () => {
    assert.deepEqual(arrived(new HeaderEncoder().encode({ "muster-address": "long", a: "1" })), { a: "1" });
  });

  test("of several values of a foreign sender the first counts", () => {
    const foreign = natsHeaders();
    foreign.append("X-Kind", "first");
    foreign.append("X-Kind", "second");
    assert.deepEqual(decodeHeaders({ headers: foreign }), { "x-kind": "first" });
  });
});
