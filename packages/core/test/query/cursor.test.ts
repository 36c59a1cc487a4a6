import { parseFilter } from "@muster/filter";
import fc from "fast-check";
import { expect, test } from "vitest";
import { type CursorScope, decodeCursor, encodeCursor } from "../../src/query/cursor.ts";
import { isMusterError } from "../../src/slots/index.ts";
import { parseSortBy } from "../../src/query/sort.ts";
import type { Position } from "../../src/slots/index.ts";

const SCOPE: CursorScope = {
  namespace: "iot",
  filter: parseFilter({ status: "online" }),
  keys: parseSortBy(["battery desc", "name"], "test"),
};
const POSITION: Position = { identity: "zoë", values: [0.5, undefined] };

test("a cursor takes its position to the next call of the same query", () => {
  const scalar = fc.option(
    fc.oneof(
      fc.string({ unit: "grapheme" }),
      fc.double({ noNaN: true, noDefaultInfinity: true }).map((n) => n + 0),
      fc.boolean(),
      fc.constant(null),
    ),
    {
      nil: undefined,
    },
  );
  fc.assert(
    fc.property(
      fc.string({ unit: "grapheme", minLength: 1 }).filter((text) => !text.includes("\0")),
      scalar,
      scalar,
      (identity, a, b) => {
        const position = { identity, values: [a, b] };
        expect(decodeCursor(SCOPE, encodeCursor(SCOPE, position), "test")).toEqual(position);
      },
    ),
  );
});

test("the very start is a position too", () => {
  expect(decodeCursor(SCOPE, encodeCursor(SCOPE, undefined), "test")).toBeUndefined();
});

test("filters that mean the same have the same cursors", () => {
  const [a, b] = [parseFilter({ x: 1, y: 2 }), parseFilter({ $and: [{ y: { $eq: 2 } }, { x: 1 }] })];
  expect(encodeCursor({ ...SCOPE, filter: a }, POSITION)).toBe(encodeCursor({ ...SCOPE, filter: b }, POSITION));
});

test.each<[string, Partial<CursorScope>]>([
  ["another namespace", { namespace: "other" }],
  ["another filter", { filter: parseFilter({ status: "offline" }) }],
  ["no filter", { filter: undefined }],
  ["another order", { keys: parseSortBy(["battery", "name"], "test") }],
  ["fewer criteria", { keys: parseSortBy(["battery desc"], "test") }],
  ["no order", { keys: [] }],
])("a cursor of %s is foreign", (_, other) => {
  expect(refusal(encodeCursor({ ...SCOPE, ...other }, POSITION))).toBe("INVALID_CURSOR");
});

test("a cursor that was cut or altered anywhere is refused", () => {
  const cursor = encodeCursor(SCOPE, POSITION);
  for (let at = 0; at < cursor.length; at++) {
    expect(refusal(cursor.slice(0, at))).toBe("INVALID_CURSOR");
    const other = cursor[at] === "A" ? "B" : "A";
    expect(refusal(`${cursor.slice(0, at)}${other}${cursor.slice(at + 1)}`)).toBe("INVALID_CURSOR");
    expect(refusal(`${cursor.slice(0, at)}!${cursor.slice(at)}`)).toBe("INVALID_CURSOR");
  }
});

test("nothing that is no cursor is anything else than INVALID_CURSOR", () => {
  fc.assert(
    fc.property(fc.oneof(fc.string(), fc.base64String(), fc.anything()), (value) => {
      expect(refusal(value)).toBe("INVALID_CURSOR");
    }),
  );
});

test.each<[string, Position]>([
  ["no identity", { identity: "", values: [1, 1] }],
  ["an identity no store can hold", { identity: "a\0", values: [1, 1] }],
  ["too few values", { identity: "a", values: [1] }],
  ["a text no store can hold", { identity: "a", values: [1, "b\0"] }],
])("a position with %s is refused, even under the right hash", (_, position) => {
  expect(refusal(encodeCursor(SCOPE, position))).toBe("INVALID_CURSOR");
});

test("another version says so", () => {
  const bytes = Buffer.from(encodeCursor(SCOPE, POSITION), "base64url");
  bytes[0] = 2;
  expect(() => decodeCursor(SCOPE, bytes.toString("base64url"), "test")).toThrow(
    /version 2, and this release reads version 1/,
  );
});

function refusal(cursor: unknown): string {
  try {
    decodeCursor(SCOPE, cursor, "test");
  } catch (error) {
    return isMusterError(error) ? error.code : "uncoded";
  }
  return "read";
}
