import { expect, test } from "vitest";
import { nameOf } from "../../src/performance/promised.ts";
import { endsOf, partsOf } from "../../src/scale/parts.ts";
import { at, coresOf, coresOfChange, lineOf, measuredOf, sizeAt } from "../../src/scale/slopes.ts";
import { churned } from "./churned.ts";

const CORES = "cores of redis";

function measured(...results: readonly Parameters<typeof churned>[0][]): ReturnType<typeof measuredOf>[number] {
  const stored = results.map((one) => churned(one));
  const [first = expect.fail()] = measuredOf(new Map(stored.map((one) => [nameOf(one), one])));
  return first;
}

test("a change costs what 1 % a second takes more than 0.1 %, by how many more came and went", () => {
  // 18 of a thousand more come or go in a second: 1,800 of 100,000.
  const change = coresOfChange(measured({ size: 100_000, calm: 0.1, busy: 0.28 }), CORES);
  expect(change).toBeCloseTo(0.0001);
});

test("cores follow the line of the smaller churn, and the change of the larger one on it", () => {
  const line = coresOf(measured({ size: 10_000, calm: 0.1 }, { size: 100_000, calm: 0.19, busy: 0.37 }), CORES);
  expect(line && at(line, 100_000)).toBeCloseTo(0.37);
  // A core for each million of the calm line, and 1.8 for those who change.
  expect(line?.slope).toBeCloseTo(2.8e-6);
  expect(line && at(line, 10_000_000)).toBeCloseTo(0.1 + 10 * 2.8 - 0.01, 1);
});

test("a size that did not keep up with the larger churn still says what the smaller one costs", () => {
  const results = [
    { size: 10_000, calm: 0.1 },
    { size: 100_000, calm: 0.2, busy: 0.38 },
    { size: 1_000_000, calm: 1.1, busy: 1.2, unanswered: 5 },
  ];
  const line = coresOf(measured(...results), CORES);
  expect(line?.from.size).toBe(1_000_000);
  expect(line && at(line, 1_000_000)).toBeCloseTo(1.1 + 1.8);
});

test("one size, or a figure that the composition lacks, makes no line", () => {
  expect(coresOf(measured({ size: 10_000 }), CORES)).toBeUndefined();
  expect(coresOf(measured({ size: 10_000 }, { size: 100_000 }), "cores of postgres")).toBeUndefined();
});

test("a line that would fall is flat, and never reaches what is above it", () => {
  const line = lineOf(measured({ size: 10_000, calm: 2 }, { size: 100_000, calm: 1 }), () => undefined);
  expect(line).toBeUndefined();
  const flat = { from: { size: 100, value: 1 }, slope: 0 };
  expect([at(flat, 1_000), sizeAt(flat, 2)]).toEqual([1, Number.POSITIVE_INFINITY]);
});

test("of all parts the one that reaches its bound first ends first", () => {
  const ends = endsOf(partsOf(measured({ size: 10_000, calm: 0.1 }, { size: 100_000, calm: 0.19, busy: 0.37 })));
  expect(ends.map(({ part }) => part.name)).toEqual(["cores of redis", "memory of redis", "cores of nats"]);
  expect(ends[0]?.size).toBeCloseTo(100_000 + 0.63 / 2.8e-6, -3);
});
