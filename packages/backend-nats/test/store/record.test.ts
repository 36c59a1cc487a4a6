import { expect, test } from "vitest";
import { decodeRecord, encodeRecord } from "../../src/store/record.ts";

test("what is written is read, whatever stands in names and metadata", () => {
  const line = { k: "standing", identity: "a\nb\u{1F600}", session: "s", bound: [5, 7] } as const;
  const metadata = JSON.stringify({ text: "one\ntwo", list: [] });
  expect(decodeRecord(encodeRecord(line, metadata))).toEqual({ line: { v: 1, ...line }, metadata });
});

test("a record of a later version is refused, not misread", () => {
  expect(() => decodeRecord('{"v":2,"k":"standing","identity":"a"}\n{}')).toThrow(/newer release/);
});
