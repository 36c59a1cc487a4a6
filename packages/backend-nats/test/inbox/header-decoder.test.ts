import { headers as natsHeaders, MsgHdrsImpl } from "@nats-io/transport-node";
import fc from "fast-check";
import type { Headers } from "@muster/core/slots";
import { assert, describe, expect, test } from "vitest";
import { encodeHeaders } from "../../src/codec.ts";
import { passOn } from "../../src/connection/listener.ts";
import { HeaderDecoder } from "../../src/inbox/header-decoder.ts";

type Arriving = Parameters<typeof passOn>[0];

const NOTHING = new Uint8Array();
const BODY = Buffer.from("body");

/** As a listener gets it from the driver. */
function passed(message: Arriving, decoder: HeaderDecoder = new HeaderDecoder()): Headers {
  let read: Headers = {};
  passOn(message, {
    take(bytes, headersAt, bodyAt, end) {
      read = decoder.decode(bytes, headersAt, bodyAt);
      assert.deepEqual(bytes.subarray(bodyAt, end).toString(), Buffer.from(message.data).toString());
    },
    refuse(error) {
      throw error;
    },
  });
  return read;
}

/** By its bytes alone, by the bytes that the driver keeps, and by what it shows. */
function arrived(block: string, decoder: HeaderDecoder = new HeaderDecoder()): Headers {
  const bytes = Buffer.from(block, "latin1");
  const read = decoder.decode(Buffer.concat([BODY, bytes, BODY]), BODY.length, BODY.length + bytes.length);
  const raw = {
    _msg: { hdr: bytes.length === 0 ? -1 : bytes.length },
    _rdata: Buffer.concat([bytes, BODY]),
    data: BODY,
  };
  assert.deepEqual(passed(raw, decoder), read);
  assert.deepEqual(passed({ data: BODY, ...(bytes.length === 0 ? {} : { headers: MsgHdrsImpl.decode(bytes) }) }), read);
  return read;
}

const value = fc.string({ unit: "grapheme", minLength: 1 }).filter((text) => !/[\p{Cc}\p{Cs}]/u.test(text));
const name = fc.stringMatching(/^[a-z][a-z0-9-]{0,12}$/);
const headers = fc.dictionary(name, value, { maxKeys: 6, noNullPrototype: true });

describe("what was encoded", () => {
  test("arrives as it was, whatever came before", () => {
    fc.assert(
      fc.property(fc.array(headers, { maxLength: 8 }), (messages) => {
        const decoder = new HeaderDecoder();
        for (const message of messages) assert.deepEqual(arrived(encodeHeaders(message), decoder), message);
      }),
      { verbose: true },
    );
  });

  test("arrives each with its own values, of messages alike in all but some", () => {
    const alike = fc.tuple(fc.constantFrom("a", "b"), fc.constantFrom("1", "2", "3"), value, fc.constantFrom("x", "y"));
    fc.assert(
      fc.property(fc.array(alike, { maxLength: 30 }), (messages) => {
        const decoder = new HeaderDecoder();
        for (const [id, epoch, identity, type] of messages) {
          const message = { id, identity, epoch, "content-type": type };
          assert.deepEqual(arrived(encodeHeaders(message), decoder), message);
        }
      }),
      { verbose: true },
    );
  });

  test("arrives with what is the same for hundreds and then is not", () => {
    const decoder = new HeaderDecoder();
    for (let index = 0; index < 1_000; index++) {
      const message = {
        id: index < 700 ? "1" : "2",
        identity: `sensor ${index}`,
        kind: index % 500 === 499 ? "a%b" : "c",
      };
      assert.deepEqual(arrived(encodeHeaders(message), decoder), message);
    }
  });

  test("arrives without the address of a hashed subject, the same or another", () => {
    const decoder = new HeaderDecoder();
    for (const [address, a] of ["xx", "xy", "yz"].entries()) {
      const block = encodeHeaders({ "muster-address": `long ${address}`, a });
      assert.deepEqual(arrived(block, decoder), { a });
    }
  });
});

describe("what foreign senders write", () => {
  test("a status, UTF-8, spaces and missing ends do no harm", () => {
    const block = Buffer.from(
      "NATS/1.0 100 Idle\r\nX-Name:caf\u00e9  \r\nconstructor: own\r\n__proto__: too\r\nodd",
      "utf8",
    );
    assert.deepEqual(Object.entries(new HeaderDecoder().decode(block, 0, block.length)), [
      ["x-name", "caf\u00e9"],
      ["constructor", "own"],
      ["__proto__", "too"],
    ]);
  });

  test("of several values the first counts, among messages alike too", () => {
    const decoder = new HeaderDecoder();
    for (const [first = "", second = ""] of ["aa", "ab", "bb", "cb"]) {
      const foreign = natsHeaders();
      foreign.append("X-Kind", first);
      foreign.append("X-Kind", second);
      assert.deepEqual(passed({ headers: foreign, data: NOTHING }, decoder), { "x-kind": first });
    }
  });

  test.for([
    ["another case of a name", "Kind: a\r\n", { kind: "a" }],
    ["no space before a value", "kind:a\r\n", { kind: "a" }],
    ["spaces behind a value", "kind: a  \r\n", { kind: "a" }],
    ["a value that was encoded", "kind: %41\r\n", { kind: "A" }],
    ["a value that nobody encoded", "kind: 100% sure\r\n", { kind: "100% sure" }],
    ["what is not ASCII", "kind: \u00e9\r\n", { kind: "\u00e9" }],
    ["bytes that are no text", "kind: \x80\r\n", { kind: "\ufffd" }],
    ["nothing", "", {}],
    ["a line more", "kind: a\r\nmore: b\r\n", { kind: "a", more: "b" }],
    ["a line that is none", "kind a\r\n", {}],
    ["a name like no other", "__proto__: a\r\n", { ["__proto__"]: "a" }],
  ] as const)("%s is read among messages that are alike", ([what, line, expected]) => {
    const decoder = new HeaderDecoder();
    const read = (lines: string): Headers => {
      const block = Buffer.from(
        `NATS/1.0\r\nid: 1\r\n${lines}\r\n`,
        what === "bytes that are no text" ? "latin1" : "utf8",
      );
      return decoder.decode(block, 0, block.length);
    };
    for (let index = 0; index < 4; index++)
      assert.deepEqual(read(`kind: ${index}\r\n`), { id: "1", kind: String(index) });
    for (let times = 0; times < 3; times++)
      expect(Object.entries(read(line))).toEqual([["id", "1"], ...Object.entries(expected)]);
    for (let index = 0; index < 4; index++)
      assert.deepEqual(read(`kind: ${index}\r\n`), { id: "1", kind: String(index) });
  });
});
