import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import { jsonOf, readResults, storedOf, writeResult } from "../../src/performance/results.ts";
import { reportOf } from "../../src/report.ts";
import { rowOf } from "../../src/scenario.ts";

const RESULT = {
  scenario: "scan",
  size: 20_000,
  rounds: 3,
  servers: { redis: "7.0.15" },
  elapsedMs: 1_234.5,
  rows: [rowOf("time of scan / loop", "×", [1.234_567, 1.5, 1.25], { atMost: 1.3 })],
  timings: [{ name: "scan", medianMs: 12.345_678, perSecond: 1_234_567.8 }],
};

test("what is stored has four digits, says what machine it was, and nothing of goals and moments", () => {
  const stored = storedOf(reportOf([RESULT], { busyBefore: 0.25, busyAfter: 0 }));
  expect(stored).toEqual({
    machine: expect.objectContaining({ busyBefore: 0.25, cpu: expect.any(String) as unknown }) as unknown,
    scenario: "scan",
    size: 20_000,
    rounds: 3,
    servers: { redis: "7.0.15" },
    rows: [
      {
        name: "time of scan / loop",
        unit: "×",
        median: 1.25,
        q1: 1.242,
        q3: 1.375,
        min: 1.235,
        max: 1.5,
        samples: [1.235, 1.5, 1.25],
      },
    ],
    timings: [{ name: "scan", medianMs: 12.35, perSecond: 1_235_000 }],
  });
});

test("samples stand on one line", () => {
  expect(jsonOf(storedOf(reportOf([RESULT], { busyBefore: 0, busyAfter: 0 })))).toContain(
    '\n      "samples": [1.235, 1.5, 1.25]\n',
  );
});

test("what was written is read again under the name of its play, and what was not played is missing", () => {
  const root = mkdtempSync(join(tmpdir(), "muster-results-"));
  try {
    const stored = storedOf(reportOf([RESULT], { busyBefore: 0, busyAfter: 0 }));
    writeResult(root, stored);
    const results = readResults(root, [
      { scenario: "scan", size: 20_000 },
      { scenario: "scan", size: 5 },
    ]);
    expect([...results]).toEqual([["scan-20000", stored]]);
  } finally {
    rmSync(root, { recursive: true, force: true });
  }
});
