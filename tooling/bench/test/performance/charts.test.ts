import { expect, test } from "vitest";
import { costChart } from "../../src/performance/cost-chart.ts";
import { findingOf } from "../../src/performance/findings.ts";
import { goalChart } from "../../src/performance/goal-chart.ts";
import { nameOf, type Promised } from "../../src/performance/promised.ts";
import { type Stored, storedOf } from "../../src/performance/results.ts";
import { logScale, powersAround } from "../../src/performance/svg.ts";
import { reportOf } from "../../src/report.ts";
import { type Goal, rowOf, timingOf } from "../../src/scenario.ts";

function measured(goal: Goal | undefined, samples: readonly number[]): readonly [Promised, Stored] {
  const promised = {
    scenario: "scan",
    size: 10,
    what: "a < b & c",
    row: "r",
    unit: "×",
    ...(goal === undefined ? {} : { goal }),
  } as const;
  const row = rowOf("r", "×", samples);
  const result = { scenario: "scan", size: 10, rounds: 3, servers: {}, elapsedMs: 1, rows: [row], timings: [] };
  return [promised, storedOf(reportOf([result], { busyBefore: 0, busyAfter: 0 }))];
}

function chartOf(goal: Goal | undefined, samples: readonly number[]): string | undefined {
  const [promised, stored] = measured(goal, samples);
  const finding = findingOf(promised, new Map([[nameOf(promised), stored]]));
  return finding === undefined ? undefined : goalChart([finding]);
}

/** Where the circle of the median is, and where the line of the floor. */
function places(chart: string | undefined): { readonly median: number; readonly floor: number } {
  const median = /<circle cx="([\d.]+)"/u.exec(chart ?? "")?.[1];
  const floor = /<text x="([\d.]+)"[^>]*>(?:floor|equal)</u.exec(chart ?? "")?.[1];
  return { median: Number(median), floor: Number(floor) };
}

test.each([
  ["at least", { atLeast: 3, floor: 2 }, [2.1, 2.5, 2.6], 1],
  ["at least", { atLeast: 3, floor: 2 }, [1.1, 1.5, 1.6], -1],
  ["at most", { atMost: 1.3 }, [1, 1.1, 1.2], 1],
  ["at most", { atMost: 1.3 }, [1.5, 1.6, 2], -1],
])(
  "a goal of %s so much is right of its floor when it holds, left of it when it doesn't: %j, %j",
  (_, goal, samples, side) => {
    const { median, floor } = places(chartOf(goal, samples));
    expect(Math.sign(median - floor)).toBe(side);
  },
);

test("a goal of nothing at all can't be drawn", () => {
  expect(chartOf({ atMost: 0 }, [0])).toBeUndefined();
});

test("what is only shown has a line where both are as fast, and no goal", () => {
  const chart = chartOf(undefined, [3, 4, 5]);
  const { median, floor } = places(chart);
  expect(median).toBeGreaterThan(floor);
  expect(chart).not.toContain("<polygon");
  expect(chart).not.toContain(">floor<");
});

test("what a label says is text, whatever is in it", () => {
  expect(chartOf({ atLeast: 1 }, [2])).toContain("a &lt; b &amp; c");
});

test("the cost of a recipient is drawn for the sizes that were played, and not without any", () => {
  expect(costChart(new Map())).toBeUndefined();
  const timings = [10_000, 1_000_000].map((size) => timingOf(`to ${size.toLocaleString("en")}`, [size / 100], size));
  const result = { scenario: "node-growth", size: 1_000_000, rounds: 9, servers: {}, elapsedMs: 1, rows: [], timings };
  const chart =
    costChart(new Map([[nameOf(result), storedOf(reportOf([result], { busyBefore: 0, busyAfter: 0 }))]])) ?? "";
  const [, first, last] = /<polyline points="60,([\d.]+) 500,([\d.]+)"/u.exec(chart) ?? expect.fail();
  expect(first).toBe(last); // Ten microseconds each, whatever their number.
});

test("a logarithmic scale gives equal steps for equal ratios", () => {
  const scale = logScale({ low: 1, high: 100 }, { from: 0, to: 10 });
  expect([scale(1), scale(10), scale(100)]).toEqual([0, 5, 10]);
});

test("powers reach around what they are to hold", () => {
  expect(powersAround(0.3, 5, 2)).toEqual([0.25, 0.5, 1, 2, 4, 8]);
  expect(powersAround(1, 1, 2)).toEqual([1, 2]);
});
