import { expect, test } from "vitest";
import { decodeRecord, encodeRecord, type StoredRecord } from "../src/codec.ts";

const RECORD: StoredRecord = {
  registration: {
    identity: "a",
    epoch: 2 ** 53 - 1,
    session: undefined,
    address: "node-1",
    registeredAt: 1,
    expiresAt: undefined,
    ttlMs: 5,
    revision: 1,
    metadata: JSON.parse('{"list":[],"__proto__":{"a":1}}'),
    attempt: "x",
  },
  isSessionBound: true,
  claimedUntil: 7,
};

test("a record is read as it was written, what is absent included", () => {
  expect(decodeRecord(encodeRecord(RECORD), "a.json")).toStrictEqual(RECORD);
});

test("the version comes first, and another one is refused with what to do", () => {
  const text = encodeRecord(RECORD);
  expect(text).toMatch(/^\{"version":1,/u);
  expect(() => decodeRecord(text.replace("1", "2"), "a.json")).toThrow(
    '[UNSUPPORTED] files.decode "a.json": it was written in version 2, and this package reads version 1: update the package',
  );
});

test.each(["nothing", "[]", "{}", '{"version":"1"}', encodeRecord(RECORD).slice(0, -1)])("%j is no record", (text) => {
  expect(() => decodeRecord(text, "a.json")).toThrow('[INTERNAL] files.decode "a.json": the file holds no record');
});

test("an empty file, as a power loss may leave it, was never written", () => {
  expect(decodeRecord("", "a.json")).toBeUndefined();
});
