import fc from "fast-check";
import type { Headers } from "@muster/core/slots";
import { expect, test } from "vitest";
import { ByteWriter } from "../../src/connection/byte-writer.ts";
import { arrivalOf } from "../../src/pubsub/arrivals.ts";
import { type Envelope, EnvelopeReader } from "../../src/pubsub/envelope.ts";
import { EnvelopeStarts } from "../../src/pubsub/envelope-start.ts";

const names = fc.oneof(
  fc.stringMatching(/^[a-z][a-z0-9-]{0,20}$/),
  fc.constantFrom("v", "n", "muster-identity", "muster-epoch", "content-type"),
);
const values = fc.string({ unit: "grapheme", minLength: 1 }).filter((text) => !/\p{Cc}/u.test(text));
const headers = fc.dictionary(names, values);

/** What a batch of such messages is on the wire. */
function encoded(batch: readonly (readonly [headers: Headers, body: Uint8Array])[]): readonly Buffer[] {
  const starts = new EnvelopeStarts();
  return batch.map(([headers, body]) => {
    const writer = new ByteWriter(0);
    const length = starts.next(headers);
    starts.write(writer);
    expect(writer.written.length).toBe(length);
    writer.bytes(body);
    return Buffer.from(writer.written);
  });
}

/** All by one reader. */
function decoded(messages: readonly Buffer[]): readonly (Envelope | undefined)[] {
  const reader = new EnvelopeReader();
  return messages.map((message) => reader.read(arrivalOf(Buffer.from("channel"), message)));
}

const NO_BODY = new Uint8Array();

test("headers and bodies of a batch come back as they were", () => {
  fc.assert(
    fc.property(fc.array(fc.tuple(headers, fc.uint8Array())), (batch) => {
      const envelopes = decoded(encoded(batch));
      expect(envelopes.map((envelope) => ({ ...envelope?.headers }))).toEqual(batch.map(([sent]) => ({ ...sent })));
      expect(envelopes.map((envelope) => [...(envelope?.body ?? [])])).toEqual(batch.map(([, body]) => [...body]));
    }),
  );
});

test("messages that are alike but for some headers come back as they were, whatever comes between", () => {
  const alike = fc.tuple(values, fc.uint8Array()).map(([value, body]): [Headers, Uint8Array] => {
    return [{ "muster-id": "7", "muster-identity": value, "muster-epoch": String(body.length) }, body];
  });
  fc.assert(
    fc.property(fc.array(fc.oneof({ weight: 4, arbitrary: alike }, fc.tuple(headers, fc.uint8Array()))), (batch) => {
      const envelopes = decoded(encoded(batch));
      expect(envelopes.map((envelope) => ({ ...envelope?.headers }))).toEqual(batch.map(([sent]) => ({ ...sent })));
      expect(envelopes.map((envelope) => [...(envelope?.body ?? [])])).toEqual(batch.map(([, body]) => [...body]));
    }),
  );
});

test("without headers an envelope is the byte 2, two empty lines, and the body", () => {
  expect(encoded([[{}, Uint8Array.of(7, 8)]])).toEqual([Buffer.from([2, 10, 10, 7, 8])]);
});

test("what messages of a batch have in common stands before what is their own", () => {
  const texts = encoded([
    [{ a: "1", own: "é", z: "26" }, Buffer.from("body")],
    [{ a: "1", own: "f", z: "26" }, Buffer.from("body")],
    [{ a: "1", own: "g", z: "26" }, NO_BODY],
    [{ a: "2", own: "g", z: "26" }, NO_BODY],
  ]).map(String);
  expect(texts).toEqual([
    "\u0002a:1\nown:é\nz:26\n\n\nbody",
    "\u0002a:1\nz:26\n\nown:f\n\nbody",
    "\u0002a:1\nz:26\n\nown:g\n\n",
    "\u0002z:26\n\na:2\nown:g\n\n",
  ]);
});

test("Muster's own headers have names of one letter, and whoever is called so is told apart", () => {
  const headers = { "muster-identity": "a", n: "b", "content-type": "c", other: "d" };
  const messages = encoded([[headers, NO_BODY]]);
  expect(messages.map(String)).toEqual(["\u0002n:a\n=n:b\nc:c\nother:d\n\n\n"]);
  expect(decoded(messages)).toMatchObject([{ headers }]);
});

test("an envelope by hand has its headers in either place, with their names in full", () => {
  const expected = { "muster-identity": "a", "content-type": "b:c" };
  for (const text of ["muster-identity:a\ncontent-type:b:c\n\n\n", "\nn:a\ncontent-type:b:c\n\n", "c:b:c\n\nn:a\n\n"]) {
    expect(decoded([Buffer.from(`\u0002${text}hello`)])).toMatchObject([
      { headers: expected, body: Uint8Array.from(Buffer.from("hello")) },
    ]);
  }
});

test.each([
  ["a line feed", { a: "b\nc" }],
  ["another control character", { a: "b\u0000" }],
  ["a colon in its name", { "a:b": "c" }],
  ["no name", { "": "a" }],
])("a header with %s is refused", (_, headers) => {
  expect(() => new EnvelopeStarts().next(headers)).toThrow(/INVALID_ARGUMENT/);
});

test("what the release before has written is read", () => {
  const text = Buffer.from('{"a":"é"}');
  const old = Buffer.concat([Buffer.from([1, 0, 0, 0, text.length]), text, Buffer.from([7])]);
  const bare = Buffer.from([1, 0, 0, 0, 0, 8]);
  expect(decoded([old, bare])).toMatchObject([
    { headers: { a: "é" }, body: Uint8Array.of(7) },
    { headers: {}, body: Uint8Array.of(8) },
  ]);
});

test.each([
  ["nothing", []],
  ["another version", [3, 10, 10]],
  ["text of somebody else", [...Buffer.from("hello\n\n\n")]],
  ["headers that do not end", [...Buffer.from("\u0002a:1\n")]],
  ["headers of one kind alone", [...Buffer.from("\u0002a:1\n\n")]],
  ["a line without a colon", [...Buffer.from("\u0002a\n\n\n")]],
  ["a line without a name", [...Buffer.from("\u0002:a\n\n\n")]],
  ["old headers that are cut short", [1, 0, 0, 0, 9, 123]],
  ["old headers that are no JSON", [1, 0, 0, 0, 1, 123]],
  ["old headers that are no object", [1, 0, 0, 0, 2, ...Buffer.from("[]")]],
  ["old headers that are no strings", [1, 0, 0, 0, 7, ...Buffer.from('{"a":1}')]],
])("%s is no envelope", (_, bytes) => {
  expect(decoded([Buffer.from(bytes)])).toEqual([undefined]);
});

test("an envelope ends where its message does, whatever is behind it", () => {
  const text = "\u0002a:1\n\nb:2\n\nbody";
  const bytes = Buffer.from(`${text}\n\n\n`);
  const reader = new EnvelopeReader();
  for (let end = 0; end < text.length; end += 1) {
    const body = end < text.indexOf("body") ? undefined : text.slice(text.indexOf("body"), end);
    const read = reader.read({ ...arrivalOf(Buffer.alloc(0), bytes), end });
    expect(read && Buffer.from(read.body).toString()).toBe(body);
  }
});
