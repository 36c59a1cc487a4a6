/* oxlint-disable vitest/valid-title, vitest/no-conditional-tests, vitest/expect-expect -- tests are declared from data */
/** The kit as vitest tests. */

import { basename } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, describe, test } from "vitest";
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

export interface VitestOptions extends ConformanceOptions {
  /** A committed `CONFORMANCE.md` that must say what a run without failures has shown; `vitest -u` writes it. */
  readonly markdown?: URL;
}

/**
 * Declares one test per case, named by id and rule, in a suite named after the subject. For the top level of a test file.
 *
 * A case that does not apply is skipped; a known failing one must fail. A misconfigured run, one in which nothing would
 * be examined included, is one failing test that says what is wrong. Behind the last test the subject is closed.
 */
export function conformance(subject: Subject, options: VitestOptions = {}): void {
  describe(subject.name, { shuffle: false }, async () => {
    afterAll(async () => subject.close?.());
    const plan = await planRun(options.cases ?? catalogue, subject, options);
    if ("misconfigured" in plan) {
      test("the run is configured", () => {
        throw new Error(plan.misconfigured);
      });
      return;
    }
    const results = new Map<PlannedCase, CaseResult>(); // Of the last try of each, where vitest is to retry.
    for (const one of ordered(plan.cases, options.order ?? "given")) declareCase(plan, one, options, results);
    if (options.markdown !== undefined && plan.isWhole) declareMarkdown(plan, results, options.markdown);
  });
}

/**
 * The same over a whole composition: what registry, messaging and durability promise together under core's `openRegistry`.
 * The slots of the subject may be of several backends; the cases that apply are those of the guarantees that they give.
 */
export function patternConformance(subject: Subject, options: VitestOptions = {}): void {
  conformance(subject, { cases: patternCatalogue, slots: ["pattern"], ...options });
}

function declareCase(
  plan: Plan,
  planned: PlannedCase,
  options: VitestOptions,
  results: Map<PlannedCase, CaseResult>,
): void {
  const run = async (): Promise<void> => {
    const result = await resultOf(plan, planned);
    results.set(planned, result);
    if (result.error !== undefined) throw result.error;
  };
  const timeout = 2 * plan.deadlineMs * plan.seeds.length; // A case ends by itself; this is for what comes behind it.
  const concurrent = options.parallel === true && !planned.isExclusive;
  test(titleOf(planned), { concurrent, timeout, skip: planned.plan === "skip" }, run);
}

function declareMarkdown(plan: Plan, results: ReadonlyMap<PlannedCase, CaseResult>, markdown: URL): void {
  const path = fileURLToPath(markdown);
  const name = basename(path);
  test(`${name} says what this run has shown`, { concurrent: false }, async ({ expect, skip }) => {
    const skipped = plan.cases.filter((one) => one.plan === "skip");
    skip(results.size + skipped.length < plan.cases.length, "some cases were left out of the run");
    const all = [...results.values(), ...(await Promise.all(skipped.map(async (one) => resultOf(plan, one))))];
    const report = reportOf(plan, all);
    skip(report.verdict === "failed", "some cases failed");
    await expect(conformanceMarkdown(report)).toMatchFileSnapshot(path);
  });
}
