/** Every case holds on the memory backend, whatever runs before, after or beside it. */

import { expect, test } from "vitest";
import { catalogue } from "../src/catalogue.ts";
import { type ExecutionOptions, runConformance } from "../src/execution.ts";
import { runCase } from "../src/run.ts";
import { memorySubject } from "./subjects.ts";

async function failures(options: ExecutionOptions): Promise<readonly unknown[]> {
  const report = await runConformance(memorySubject(), options);
  if ("misconfigured" in report) return [report];
  expect(report.counts.passed).toBeGreaterThan(0);
  return report.cases.filter(({ status }) => status === "failed");
}

const timeout = 30_000;

test("each case passes alone, on a hub that has seen nothing else", { timeout }, async () => {
  for (const one of catalogue) {
    const { error } = await runCase(memorySubject(), one, { seed: 1 });
    expect.soft(error, one.id).toBeUndefined();
  }
});

test("all cases pass in reverse order, on one hub", { timeout }, async () => {
  expect(await failures({ order: "reverse" })).toEqual([]);
});

test("all cases pass beside each other, on one hub", { timeout }, async () => {
  expect(await failures({ parallel: true })).toEqual([]);
});
