/** The differential at full length on memory. `MUSTER_SEED` asks other questions. */

import { expect, test } from "vitest";
import { runConformance } from "../../src/execution.ts";
import { withRegistry } from "../../src/mutant.ts";
import { evaluatorMutant } from "../../src/mutants/filters/selecting.ts";
import type { Subject } from "../../src/subject.ts";
import { memorySubject } from "../subjects.ts";

const FILTERS = 20_000;
const seed = Number(process.env["MUSTER_SEED"] ?? FILTERS);
const deadlineMs = 120_000;

/** What is wrong; `undefined`: nothing. */
async function difference(subject: Subject, filters: number): Promise<string | undefined> {
  const only = ["registry/filters/differential"];
  const report = await runConformance(subject, { only, seeds: [seed], filters, deadlineMs });
  if ("misconfigured" in report) return report.misconfigured;
  expect(report.cases).toHaveLength(1);
  return report.cases[0]?.error;
}

/** Every filter that the facet is asked to split, without the times in it. */
async function asked(filters: number): Promise<readonly string[]> {
  const said: string[] = [];
  const listening = withRegistry(memorySubject(), ({ filters: facet }) => ({
    filters: {
      split: (filter) => {
        said.push(JSON.stringify(filter).replaceAll(/"value":1\d{12}/g, ""));
        return facet?.split(filter) ?? { residual: filter };
      },
    },
  }));
  expect(await difference(listening, filters)).toBeUndefined();
  return said;
}

test(`${FILTERS} filters of seed ${seed} select whom the evaluator selects`, { timeout: 2 * deadlineMs }, async () => {
  expect(await difference(memorySubject(), FILTERS)).toBeUndefined();
});

test("a difference is told with the filter, and who is missing and extra", async () => {
  const about = { id: "ne-includes-absent", breaks: "An absent field is unequal.", kills: [""] } as const;
  const broken = evaluatorMutant(about, {
    leaf: (leaf) => (leaf.op === "ne" ? { op: "not", node: { ...leaf, op: "eq" } } : undefined),
  }).of(memorySubject());
  expect(await difference(broken, 500)).toMatch(
    /: scan with \{.*ne.*\} \(native .*, residual .*\): missing \[.*\], extra \[.*\]\n/su,
  );
});

test("as many filters are asked as was said, and the same ones with the same seed", async () => {
  const [fewer, more] = [await asked(100), await asked(150)];
  expect(more).toHaveLength(fewer.length + 50);
  expect(more.slice(0, fewer.length)).toEqual(fewer);
});
