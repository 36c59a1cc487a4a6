import fc from "fast-check";
import { expect, test } from "vitest";
import { decodeEnvelope, encodeEnvelope } from "../../src/pubsub/envelope.ts";

const headers = fc.dictionary(fc.stringMatching(/^[a-z][a-z0-9-]{0,20}$/), fc.string({ unit: "binary", minLength: 1 }));

test("headers and body come back as they were", () => {
  fc.assert(
    fc.property(headers, fc.uint8Array(), (sent, body) => {
      const envelope = decodeEnvelope(encodeEnvelope(sent, body));
      expect({ ...envelope?.headers }).toEqual({ ...sent });
      expect(Buffer.from(envelope?.body ?? [1]).equals(body)).toBe(true);
    }),
  );
});

test("without headers an envelope is five bytes and the body", () => {
  expect([...encodeEnvelope({}, Uint8Array.of(7, 8))]).toEqual([1, 0, 0, 0, 0, 7, 8]);
});

test("with headers it is their length, their JSON, and the body", () => {
  const envelope = encodeEnvelope({ a: "é" }, Uint8Array.of(7));
  expect(envelope.subarray(0, 5)).toEqual(Buffer.from([1, 0, 0, 0, 10]));
  expect(envelope.toString("utf8", 5, 15)).toBe('{"a":"é"}');
  expect(envelope[15]).toBe(7);
});

test("an envelope does not change with the bytes that it was made of", () => {
  const body = Uint8Array.of(1, 2);
  const envelope = encodeEnvelope({}, body);
  body.fill(9);
  expect([...envelope.subarray(5)]).toEqual([1, 2]);
});

test.each([
  ["nothing", []],
  ["another version", [2, 0, 0, 0, 0, 7]],
  ["text of somebody else", [...Buffer.from("hello")]],
  ["headers that are cut short", [1, 0, 0, 0, 9, 123]],
  ["headers that are no JSON", [1, 0, 0, 0, 1, 123]],
  ["headers that are no object", [1, 0, 0, 0, 2, ...Buffer.from("[]")]],
  ["headers that are no strings", [1, 0, 0, 0, 7, ...Buffer.from('{"a":1}')]],
])("%s is no envelope", (_, bytes) => {
  expect(decodeEnvelope(Buffer.from(bytes))).toBeUndefined();
});
