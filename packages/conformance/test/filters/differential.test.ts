/** The differential at full length on memory. `MUSTER_SEED` and `MUSTER_FILTERS` ask other questions, or more of them. */

import { expect, test } from "vitest";
import { filterDifferential } from "../../src/cases/filters/differential.ts";
import { evaluatorMutant } from "../../src/mutants/filters/selecting.ts";
import { type CaseOutcome, runCase } from "../../src/run.ts";
import type { Subject } from "../../src/subject.ts";
import { memorySubject } from "../subjects.ts";

const seed = Number(process.env["MUSTER_SEED"] ?? 20_000);
const filters = Number(process.env["MUSTER_FILTERS"] ?? 20_000);
const deadlineMs = 30_000 + filters * 5;

function ask(subject: Subject, count: number): Promise<CaseOutcome> {
  return runCase(subject, filterDifferential(count), { seed, deadlineMs });
}

test(`${filters} filters of seed ${seed} select whom the evaluator selects`, { timeout: deadlineMs * 2 }, async () => {
  expect(filters).toBeGreaterThan(0);
  const { error } = await ask(memorySubject(), filters);
  expect(error?.message, `MUSTER_SEED=${seed} MUSTER_FILTERS=${filters}`).toBeUndefined();
});

test("a difference is told with the filter, and who is missing and extra", async () => {
  const about = { id: "ne-includes-absent", breaks: "An absent field is unequal.", kills: [""] } as const;
  const broken = evaluatorMutant(about, {
    leaf: (leaf) => (leaf.op === "ne" ? { op: "not", node: { ...leaf, op: "eq" } } : undefined),
  }).of(memorySubject());
  const { error } = await ask(broken, 500);
  expect(error?.message).toMatch(/^scan with \{.*ne.*\} \(native .*, residual .*\): missing \[.*\], extra \[.*\]$/su);
});

test("the same seed asks the same filters", async () => {
  const asked = await Promise.all(
    [0, 0].map(async () => {
      const said: string[] = [];
      const splitting = evaluatorMutant(
        { id: "listens", breaks: "Nothing.", kills: [""] },
        {
          split: (filter) => {
            said.push(JSON.stringify(filter).replaceAll(/"value":1\d{12}/g, ""));
            return { residual: filter };
          },
        },
      );
      expect((await ask(splitting.of(memorySubject()), 100)).error).toBeUndefined();
      return said;
    }),
  );
  expect(asked[0]).toHaveLength(100);
  expect(asked[1]).toEqual(asked[0]);
});
