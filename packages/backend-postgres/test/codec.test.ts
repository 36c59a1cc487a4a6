import { expect, test } from "vitest";
import {
  bigintArray,
  booleanArray,
  jsonbArray,
  optionalNumber,
  readerOf,
  registrationIn,
  routeIn,
  textArray,
} from "../src/codec.ts";

test("a text array has a head, and each text behind its length", () => {
  const head = "00000001" + "00000001" + "00000019" + "00000003" + "00000001";
  expect(textArray(["a", undefined, "é"]).toString("hex")).toBe(`${head}0000000161ffffffff00000002c3a9`);
});

test("an empty array has no dimension", () => {
  expect(textArray([]).toString("hex")).toBe("000000000000000100000019");
  expect(bigintArray([]).toString("hex")).toBe("000000000000000100000014");
  expect(booleanArray([]).toString("hex")).toBe("000000000000000100000010");
});

test("numbers keep every bit, and may be absent", () => {
  const hex = bigintArray([1, undefined, Number.MAX_SAFE_INTEGER]).toString("hex");
  expect(hex.slice(40)).toBe("000000080000000000000001" + "ffffffff" + "00000008001fffffffffffff");
});

test("booleans are a byte each", () => {
  expect(booleanArray([true, false]).toString("hex").slice(40)).toBe("0000000101" + "0000000100");
});

test("metadata travels as JSON text behind its version", () => {
  expect(jsonbArray(['{"a":1}']).toString("hex").slice(40)).toBe(`0000000801${Buffer.from('{"a":1}').toString("hex")}`);
});

test("a row is a registration, with absent columns undefined", () => {
  const row = ["a", 7, null, null, 1_700_000_000_000, null, null, 1, "attempt", { n: 0.1 }];
  const route = { identity: "a", epoch: 7, session: undefined, address: undefined, registeredAt: 1_700_000_000_000 };
  const rest = { expiresAt: undefined, ttlMs: undefined, revision: 1 };
  expect(routeIn(row)).toEqual({ ...route, ...rest });
  expect(registrationIn(row)).toEqual({ ...route, ...rest, attempt: "attempt", metadata: { n: 0.1 } });
});

test("whole numbers and JSON are read, and what else there is stays text", () => {
  const [bigint, jsonb, text, numeric] = [20, 3_802, 25, 1_700];
  expect(readerOf(bigint)("9007199254740991")).toBe(Number.MAX_SAFE_INTEGER);
  expect(readerOf(jsonb)('{"n": 0.1}')).toEqual({ n: 0.1 });
  expect([readerOf(text)("7"), readerOf(numeric)("7")]).toEqual(["7", "7"]);
});

test("a number that is not there is none", () => {
  expect([optionalNumber(null), optionalNumber(undefined), optionalNumber("0")]).toEqual([undefined, undefined, 0]);
});
