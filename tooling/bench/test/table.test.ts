import { expect, test } from "vitest";
import { noiseOf, type ScenarioResult } from "../src/report.ts";
import { rowOf } from "../src/scenario.ts";
import { tableOf, verdictOf } from "../src/table.ts";

const RESULT: ScenarioResult = {
  scenario: "scan",
  size: 100_000,
  rounds: 3,
  servers: {},
  elapsedMs: 1,
  rows: [
    rowOf("time of scan / loop", "×", [1.1, 1.25, 1.2], { atMost: 1.3 }),
    rowOf("growth", "MB", [0.001_25, 61.5, 1234], { atMost: 100 }),
  ],
  timings: [{ name: "scan", medianMs: 12.345, perSecond: 8_100_445.5 }],
};

test("a table has aligned columns with median, spread, goal and verdict", () => {
  expect(tableOf(RESULT)).toBe(
    [
      "scan · N = 100,000 · 3 rounds",
      "                         median   middle half            range       goal",
      "  time of scan / loop    1.20 ×   1.15 – 1.23      1.10 – 1.25    ≤ 1.3 ×    met",
      "  growth                61.5 MB    30.8 – 648   0.00125 – 1234   ≤ 100 MB   met?",
      "  for orientation only:",
      "    scan: 12.3 ms, 8,100,446/s",
    ].join("\n"),
  );
});

test("latencies stand under the rest, with what they are of", () => {
  const latencies = [{ name: "answers", count: 1_200, p50: 1, p90: 2.5, p99: 10, p999: 100, max: 12_345.6 }];
  expect(
    tableOf({ ...RESULT, timings: [], latencies })
      .split("\n")
      .slice(-3),
  ).toEqual([
    "  latencies in ms:",
    "               p50    p90    p99   p99.9   longest      of",
    "    answers   1.00   2.50   10.0     100     12346   1,200",
  ]);
});

test("one round shows no spread, which it can't know", () => {
  const table = tableOf({ ...RESULT, rounds: 1, rows: [rowOf("ratio", "×", [2])], timings: [] });
  expect(table.split("\n").at(-1)).toMatch(/^ {2}ratio +2\.00 ×$/);
});

test.each([
  [[7, 8, 9], "met"],
  [[1, 7, 7, 8, 9], "met"],
  [[1, 5, 6.5, 8, 9], "met?"],
  [[1, 2, 5, 7, 8], "missed?"],
  [[1, 2, 3], "missed"],
])("%j against a goal of at least 6 is %s", (samples, verdict) => {
  const row = rowOf("ratio", "×", samples, { atLeast: 6 });
  expect(verdictOf(row)).toBe(verdict);
});

test("a row without a goal has no verdict", () => {
  expect(verdictOf(rowOf("ratio", "×", [1]))).toBe("");
});

test("a run says what makes it not worth quoting", () => {
  const machine = {
    node: "v20",
    platform: "linux",
    cpu: "a",
    arch: "x64",
    cores: 2,
    busyBefore: 0.01,
    busyAfter: 0.02,
  };
  const quiet = { machine, scenarios: [{ ...RESULT, rounds: 9 }] };
  expect(noiseOf(quiet)).toBeUndefined();
  expect(noiseOf({ ...quiet, machine: { ...machine, busyAfter: 0.35 } })).toContain(
    "others took 35 % of the processors",
  );
  expect(noiseOf({ ...quiet, scenarios: [{ ...RESULT, size: 100 }] })).toMatch(/fewer than 9 rounds, N below 10,000/);
  const once = { ...RESULT, size: 10_000, rounds: 1, isPlayedOnce: true };
  expect(noiseOf({ ...quiet, scenarios: [once] })).toBeUndefined();
});

test.each([
  [[2.9, 3, 3.1], "met?"],
  [[3, 3.1, 3.2], "met"],
  [[2.4, 2.5, 2.6], "floor met"],
  [[1.7, 1.9, 2.1, 2.2, 2.3], "floor met?"],
  [[1, 1.2, 1.4], "missed"],
])("%j against a goal of at least 3 with a floor of 2 is %s", (samples, verdict) => {
  expect(verdictOf(rowOf("ratio", "×", samples, { atLeast: 3, floor: 2 }))).toBe(verdict);
});

test.each([
  [[1, 1.2, 1.25], "met"],
  [[1.35, 1.4, 1.45], "floor met"],
  [[1.5, 1.6, 1.7], "missed"],
])("%j against a goal of at most 1.3 with a floor of 1.5 is %s", (samples, verdict) => {
  expect(verdictOf(rowOf("ratio", "×", samples, { atMost: 1.3, floor: 1.5 }))).toBe(verdict);
});
