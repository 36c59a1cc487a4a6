import { expect, test } from "vitest";
import { quantile, summarize } from "../src/statistics.ts";

test("the median of an odd number of samples is the middle one, whatever their order", () => {
  expect(quantile([9, 1, 5], 0.5)).toBe(5);
});

test("the median of an even number of samples lies halfway between the two in the middle", () => {
  expect(quantile([4, 1, 2, 10], 0.5)).toBe(3);
});

test("quartiles are interpolated between neighbours", () => {
  const { q1, q3 } = summarize([1, 2, 3, 4]);
  expect([q1, q3]).toEqual([1.75, 3.25]);
});

test("one sample is its own median, quartiles and range", () => {
  expect(summarize([7])).toEqual({ median: 7, q1: 7, q3: 7, min: 7, max: 7, samples: [7] });
});

test("samples are sorted as numbers and kept in the order they came", () => {
  const summary = summarize([10, 9, 100]);
  expect(summary).toMatchObject({ min: 9, median: 10, max: 100, samples: [10, 9, 100] });
});

test("no samples and a share outside 0…1 are refused", () => {
  expect(() => quantile([], 0.5)).toThrow(RangeError);
  expect(() => quantile([1], 1.5)).toThrow(RangeError);
});
