import { expect, test } from "vitest";
import { Lengths } from "../../src/slots/index.ts";

const BODY = new Uint8Array([1]);

test("are of whoever has the same body and is as long everywhere", () => {
  const lengths = new Lengths();
  expect(lengths.areOf("", BODY, [])).toBe(false);
  lengths.take("ab", BODY, ["1", "23"]);
  expect(lengths.areOf("cd", BODY, ["4", "56"])).toBe(true);
  expect(lengths.areOf("abc", BODY, ["1", "23"])).toBe(false);
  expect(lengths.areOf("ab", BODY, ["1", "2"])).toBe(false);
  expect(lengths.areOf("ab", BODY, ["1"])).toBe(false);
  expect(lengths.areOf("ab", BODY, ["1", "23", "4"])).toBe(false);
  expect(lengths.areOf("ab", new Uint8Array(BODY), ["1", "23"])).toBe(false);
  lengths.forget();
  expect(lengths.areOf("ab", BODY, ["1", "23"])).toBe(false);
});
