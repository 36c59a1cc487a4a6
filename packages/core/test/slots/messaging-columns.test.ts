import fc from "fast-check";
import { expect, test } from "vitest";
import { checkColumns, isMusterError, type OutgoingColumns, rowReader, rowsOf } from "../../src/slots/index.ts";

const BODY = new Uint8Array([1, 2]);
const LIMITS = { maxBatch: 3, maxPayloadBytes: 2 };

function batch(changes: Partial<OutgoingColumns> = {}): OutgoingColumns {
  return { addresses: ["a", "b"], headers: { kind: "x" }, columns: { to: ["1", "2"] }, body: BODY, ...changes };
}

test("a row has the address, the headers of all and its own, and the one body", () => {
  expect(rowsOf(batch())).toEqual([
    { address: "a", headers: { kind: "x", to: "1" }, body: BODY },
    { address: "b", headers: { kind: "x", to: "2" }, body: BODY },
  ]);
  expect(rowsOf(batch({ addresses: [], columns: { to: [] } }))).toEqual([]);
});

test("a row by itself is the one among all of them", () => {
  const rows = fc.array(fc.tuple(fc.string(), fc.string(), fc.string()), { minLength: 1 });
  fc.assert(
    fc.property(rows, fc.nat(), (all, number) => {
      const index = number % all.length;
      const columns = { one: all.map((row) => row[1]), two: all.map((row) => row[2]) };
      const whole = batch({ addresses: all.map(([address]) => address), columns });
      expect(rowReader(whole)(index)).toEqual(rowsOf(whole)[index]);
    }),
  );
});

test.for([
  ["a column that is too short", { columns: { to: ["1"] } }, "INVALID_ARGUMENT"],
  ["a column that is too long", { columns: { to: ["1", "2", "3"] } }, "INVALID_ARGUMENT"],
  ["what is no address", { addresses: ["a", ""] }, "INVALID_ARGUMENT"],
  ["too many", { addresses: ["a", "b", "c", "d"], columns: {} }, "INVALID_ARGUMENT"],
  ["too large a body", { body: new Uint8Array(3) }, "PAYLOAD_TOO_LARGE"],
] as const)("%s is refused", ([, changes, code]) => {
  let thrown: unknown;
  try {
    checkColumns(batch(changes), LIMITS, "test");
  } catch (error) {
    thrown = error;
  }
  expect(isMusterError(thrown, code)).toBe(true);
  expect(thrown).toMatchObject({ source: "test.publishMany" });
});

test("what is right is not refused", () => {
  checkColumns(batch(), LIMITS, "test");
  checkColumns(batch({ addresses: [], columns: {} }), LIMITS, "test");
});
