import { headers as natsHeaders, MsgHdrsImpl } from "@nats-io/transport-node";
import fc from "fast-check";
import type { Headers } from "@muster/core/slots";
import { assert, describe, expect, test } from "vitest";
import { decodeValue, encodeValue, HeaderDecoder, HeaderEncoder } from "../src/codec.ts";

/** As it arrives, by the bytes that the driver keeps and by what it shows. */
function arrived(block: string, decoder: HeaderDecoder = new HeaderDecoder()): Headers {
  const bytes = Buffer.from(block, "latin1");
  const raw = {
    _msg: { hdr: bytes.length === 0 ? -1 : bytes.length },
    _rdata: Buffer.concat([bytes, Buffer.from("body")]),
  };
  const read = decoder.decode(raw as object);
  assert.deepEqual(decoder.decode(bytes.length === 0 ? {} : { headers: MsgHdrsImpl.decode(bytes) }), read);
  return read;
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
        const [encoder, decoder] = [new HeaderEncoder(), new HeaderDecoder()];
        for (const message of messages) assert.deepEqual(arrived(encoder.encode(message), decoder), message);
      }),
      { verbose: true },
    );
  });

  test("messages alike in all but some values arrive each with its own", () => {
    const alike = fc.tuple(fc.constantFrom("a", "b"), fc.constantFrom("1", "2", "3"), value, fc.constantFrom("x", "y"));
    fc.assert(
      fc.property(fc.array(alike, { maxLength: 30 }), (messages) => {
        const [encoder, decoder] = [new HeaderEncoder(), new HeaderDecoder()];
        for (const [id, epoch, identity, type] of messages) {
          const message = { id, identity, epoch, "content-type": type };
          assert.deepEqual(arrived(encoder.encode(message), decoder), message);
        }
      }),
      { verbose: true },
    );
  });

  test("the address of a hashed subject is not among the headers of a delivery", () => {
    assert.deepEqual(arrived(new HeaderEncoder().encode({ "muster-address": "long", a: "1" })), { a: "1" });
  });

  test("a foreign sender's status, UTF-8, spaces and missing ends do no harm", () => {
    const block = Buffer.from(
      "NATS/1.0 100 Idle\r\nX-Name:caf\u00e9  \r\nconstructor: own\r\n__proto__: too\r\nodd",
      "utf8",
    );
    const raw: object = { _msg: { hdr: block.length }, _rdata: block };
    const read = new HeaderDecoder().decode(raw);
    assert.deepEqual(Object.entries(read), [
      ["x-name", "caf\u00e9"],
      ["constructor", "own"],
      ["__proto__", "too"],
    ]);
  });

  test("of several values of a foreign sender the first counts", () => {
    const foreign = natsHeaders();
    foreign.append("X-Kind", "first");
    foreign.append("X-Kind", "second");
    assert.deepEqual(new HeaderDecoder().decode({ headers: foreign }), { "x-kind": "first" });
  });
});
