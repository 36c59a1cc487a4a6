import { expect, test } from "vitest";
import { checkTtl } from "../../src/input/ttl.ts";
import { thrown } from "../support/codes.ts";

const SOURCE = "core.register";

test("a number of ms is taken and rounded up to whole ms", () => {
  expect(checkTtl(30_000, {}, SOURCE)).toBe(30_000);
  expect(checkTtl(0.2, {}, SOURCE)).toBe(1);
});

test("null is for ever, which slots write as undefined", () => {
  expect(checkTtl(null, {}, SOURCE)).toBeUndefined();
});

test("null is refused where the namespace has a longest TTL", () => {
  expect(thrown("INVALID_ARGUMENT", () => checkTtl(null, { maxTtlMs: 60_000 }, SOURCE)).message).toContain(
    "at most 60000 ms",
  );
});

test("a TTL above the longest is refused, not clamped", () => {
  expect(checkTtl(60_000, { maxTtlMs: 60_000 }, SOURCE)).toBe(60_000);
  thrown("INVALID_ARGUMENT", () => checkTtl(60_001, { maxTtlMs: 60_000 }, SOURCE));
});

test.each([0, -0, -1, Number.NaN, Number.POSITIVE_INFINITY, Number.MAX_VALUE, "30", undefined, 30n, {}])(
  "%s is refused",
  (ttlMs) => {
    thrown("INVALID_ARGUMENT", () => checkTtl(ttlMs, {}, SOURCE));
  },
);
