/** The kit as tests of `node:test`. */

import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { test, type TestContext } from "node:test";
import { catalogue } from "../catalogue.ts";
import { patternCatalogue } from "../cases/pattern-cases.ts";
import type { ConformanceOptions } from "../execution.ts";
import { conformanceMarkdown } from "../markdown.ts";
import { ordered } from "../order.ts";
import { type Plan, type PlannedCase, planRun } from "../plan.ts";
import { reportOf } from "../report.ts";
import { type CaseResult, resultOf } from "../result.ts";
import type { Subject } from "../subject.ts";
import { titleOf } from "./title.ts";

export interface NodeTestOptions extends ConformanceOptions {
  /** A committed `CONFORMANCE.md` that must say what a run without failures has shown; `muster-conformance --markdown` writes it. */
  readonly markdown?: URL;
}

/**
 * Declares a test named after the subject, with one subtest per case, named by id and rule. For the top level of a test
 * file.
 *
 * A case that does not apply is skipped; a known failing one must fail. A misconfigured run, one in which nothing would
 * be examined included, fails with a sentence that says what is wrong. Behind the last test the subject is
 * closed. Resolves when all that has ended, however it did.
 */
export async function conformance(subject: Subject, options: NodeTestOptions = {}): Promise<void> {
  const { order = "given", parallel = false, markdown } = options;
  await test(subject.name, { concurrency: parallel }, async (t) => {
    t.after(async () => subject.close?.());
    const plan = await planRun(options.cases ?? catalogue, subject, options);
    if ("misconfigured" in plan) throw new Error(plan.misconfigured);
    const results: CaseResult[] = [];
    const run = (one: PlannedCase): Promise<void> => runSubtest(t, plan, one, results);
    const cases = ordered(plan.cases, order);
    const together = parallel ? cases.filter(({ isExclusive }) => !isExclusive) : [];
    await Promise.all(together.map(run));
    for (const one of cases) if (!together.includes(one)) await run(one);
    const report = reportOf(plan, results);
    if (markdown === undefined || !plan.isWhole || report.verdict === "failed") return;
    await t.test(`${markdown.pathname.split("/").at(-1)} says what this run has shown`, async () => {
      assert.equal(conformanceMarkdown(report), await readFile(markdown, "utf8"));
    });
  });
}

/**
 * The same over a whole composition: what registry, messaging and durability promise together under core's `openRegistry`.
 * The slots of the subject may be of several backends; the cases that apply are those of the guarantees that they give.
 */
export async function patternConformance(subject: Subject, options: NodeTestOptions = {}): Promise<void> {
  await conformance(subject, { cases: patternCatalogue, slots: ["pattern"], ...options });
}

async function runSubtest(t: TestContext, plan: Plan, planned: PlannedCase, results: CaseResult[]): Promise<void> {
  await t.test(titleOf(planned), async (subtest) => {
    const result = await resultOf(plan, planned);
    results.push(result);
    if (result.status === "not applicable") subtest.skip("does not apply");
    if (result.error !== undefined) throw result.error;
  });
}
