import { expect, test } from "vitest";
import { Histogram } from "../src/histogram.ts";

function of(values: readonly number[]): Histogram {
  const histogram = new Histogram();
  for (const value of values) histogram.record(value);
  return histogram;
}

test("a quantile is at most 1 % too high, and never too low, over nine orders of magnitude", () => {
  for (const value of [0.001, 0.37, 1, 20, 999, 86_400_000]) {
    const found = of([value, value, 1e9]).quantile(0.5);
    expect(found).toBeGreaterThanOrEqual(value * (1 - 1e-9));
    expect(found).toBeLessThanOrEqual(value * 1.01);
  }
});

test("the slowest of a thousand is what the last thousandth shows, and it is exact", () => {
  const histogram = of([...Array.from({ length: 999 }, () => 1), 123_456.789]);
  expect(histogram.quantile(0.999)).toBeCloseTo(1, 1);
  expect(histogram.quantile(1)).toBe(123_456.789);
  expect(histogram.distribution("a")).toMatchObject({ name: "a", count: 1_000, max: 123_456.789 });
});

test("the 99th of a hundred is not the hundredth", () => {
  const histogram = of([...Array.from({ length: 99 }, () => 2), 1_000]);
  expect(histogram.quantile(0.99)).toBeCloseTo(2, 1);
  expect(histogram.quantile(0.991)).toBe(1_000);
});

test("many that took the same count as many", () => {
  const histogram = of([1]);
  histogram.record(10, 99);
  expect(histogram.count).toBe(100);
  expect(histogram.quantile(0.02)).toBeCloseTo(10, 0);
});

test("what another process has recorded counts as if it had been recorded here", () => {
  const histogram = of([1, 2]);
  histogram.add(of([4, 1_000]).counts);
  expect([histogram.count, histogram.max]).toEqual([4, 1_000]);
  expect(histogram.quantile(0.75)).toBeCloseTo(4, 1);
  histogram.add(new Histogram().counts);
  expect(histogram.count).toBe(4);
});

test("of nothing there is no quantile", () => {
  expect(new Histogram().quantile(0.5)).toBeNaN();
  expect(() => new Histogram().quantile(1.5)).toThrow(RangeError);
});
