import { describe, expect, test } from "vitest";
import { leaseHead, readLease, readReceipt, receiptHead, receiptOf } from "../../src/queues/receipts.ts";

describe("a receipt", () => {
  test.each(["a", "a.b(1,2)c", "7.8.9(0,1)x", "grüße \u{1f600}\n"])("tells what it was made of, for %j", (identity) => {
    const receipt = receiptOf(receiptHead("9007199254740991", "1000", "12"), 3, "(4294967,65535)", identity);
    const place = { place: "(4294967,65535)", identity };
    expect(readReceipt(receipt)).toEqual({
      lease: Number.MAX_SAFE_INTEGER,
      message: 12,
      attempt: 3,
      ...place,
    });
  });

  test("begins as all of its lease do, which tells how many there are", () => {
    const head = leaseHead(receiptOf(receiptHead("12", "34", "56"), 7, "(8,9)", "12/34.a"));
    expect(readLease(head)).toEqual({ lease: 12, size: 34 });
    for (const other of ["12.34.5(6,7)a", "no-such-receipt", ""]) expect(readLease(leaseHead(other))).toBeUndefined();
  });

  test("may be one of the release before, which told no size", () => {
    const expected = { lease: 7, message: 8, attempt: 9, place: "(0,1)", identity: "a" };
    expect(readReceipt("7.8.9(0,1)a")).toEqual(expected);
  });

  test.each([
    "",
    "no-such-receipt",
    "1.2.3(0,1)",
    "1.2.3a",
    "1.2.3(0,1)a\0b",
    "-1.2.3(0,1)a",
    "1/.2.3(0,1)a",
    "1.2.3(0,1",
    "1e9.2.3(0,1)a",
  ])("is not %j", (text) => expect(readReceipt(text)).toBeUndefined());
});
