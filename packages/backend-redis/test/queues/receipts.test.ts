import { expect, test } from "vitest";
import { readReceipt, receiptsOf } from "../../src/queues/receipts.ts";

test("a receipt names page, place and lease", () => {
  const receipt = receiptsOf("0a1b2c3d", "1795999055779539:12")(1000, 3);
  expect(readReceipt("0a1b2c3d", receipt)).toEqual({ page: "1795999055779539:12", place: 1000, serial: 3 });
});

test("one of another namespace is none", () => {
  expect(readReceipt("ffffffff", receiptsOf("0a1b2c3d", "1:1")(1, 1))).toBeUndefined();
});

test.each(["", "s", "s.1:1.1", "s.1:1.0.1", "s.1:1.1.0", "s.1:1.1.1 ", "s.1.1.1", "s.-1:1.1.1", "s.1:1.1e3.1"])(
  "is not %j",
  (text) => expect(readReceipt("s", text)).toBeUndefined(),
);
