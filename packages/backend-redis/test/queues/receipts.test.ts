import { expect, test } from "vitest";
import { type Receipt, ReceiptReader, receiptsOf } from "../../src/queues/receipts.ts";

function read(seal: string, receipt: string): Receipt | undefined {
  return new ReceiptReader(seal).read(receipt);
}

test("a receipt names page, place and lease", () => {
  const receipt = receiptsOf("0a1b2c3d", "1795999055779539:12000")(1000, 3);
  expect(read("0a1b2c3d", receipt)).toEqual({ page: "1795999055779539:12000", place: 1000, serial: 3 });
});

test("one of another namespace is none", () => {
  expect(read("ffffffff", receiptsOf("0a1b2c3d", "1:1")(1, 1))).toBeUndefined();
});

test("a reader knows one page from the next", () => {
  const reader = new ReceiptReader("s");
  const texts = ["s.1:1.1.1", "s.1:1.2.1", "s.1:10.3.1", "s.1:1.0.1", "s.2:1.4.2", "t.2:1.4.2", "s.2:1.5.2"];
  const found = texts.map((text) => reader.read(text));
  expect(found.map((one) => one && `${one.page} ${one.place} ${one.serial}`)).toEqual([
    "1:1 1 1",
    "1:1 2 1",
    "1:10 3 1",
    undefined,
    "2:1 4 2",
    undefined,
    "2:1 5 2",
  ]);
});

test.each([
  ...["", "s", "s.1:1.1", "s.1:1.0.1", "s.1:1.1.0", "s.1:1.1.1 ", "s.1.1.1", "s.-1:1.1.1", "s.1:1.1e3.1"],
  ...["s.1:1.01.1", "s.1:1.1.01", "s.1:1.100000.1", "s.1:1.1.1000000000", "s.1:1..1", "s.1:1.1.", "s.1:1.1.1.1"],
])("is not %j", (text) => expect(read("s", text)).toBeUndefined());
