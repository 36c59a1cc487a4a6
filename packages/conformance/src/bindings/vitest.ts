/** The kit as vitest tests. */

import { describe, test } from "vitest";
import type { ConformanceCase } from "../case.ts";
import { catalogue } from "../catalogue.ts";
import { type Order, ordered } from "../order.ts";
import { type Plan, type PlannedCase, type PlanOptions, planRun } from "../plan.ts";
import { resultOf } from "../result.ts";
import { DEADLINE_MS } from "../run.ts";
import type { Subject } from "../subject.ts";

export interface ConformanceOptions extends PlanOptions {
  /** Default: the whole catalogue. */
  readonly cases?: readonly ConformanceCase[];
  /** Cases run beside each other, as many as vitest's `maxConcurrency`. Default false. */
  readonly parallel?: boolean;
  /** Default `given`. */
  readonly order?: Order;
  /** After which a case has failed. Default 30,000. */
  readonly deadlineMs?: number;
}

/**
 * Declares one test per case, named by id and rule, in a suite named after the subject. Call it once per subject, at the
 * top level of a test file.
 *
 * A case that does not apply is skipped; a known failing one must fail. A misconfigured run is one failing test that says
 * what is wrong.
 */
export function conformance(subject: Subject, options: ConformanceOptions = {}): void {
  describe(subject.name, { shuffle: false }, async () => {
    const plan = await planRun(options.cases ?? catalogue, subject, options);
    if ("misconfigured" in plan) {
      test("the run is configured", () => {
        throw new Error(plan.misconfigured);
      });
      return;
    }
    for (const planned of ordered(plan.cases, options.order ?? "given")) declare(plan, planned, options);
  });
}

function declare(plan: Plan, planned: PlannedCase, options: ConformanceOptions): void {
  const { deadlineMs = DEADLINE_MS, parallel = false } = options;
  const { id, rule } = planned.case;
  const title = planned.knownFailing === undefined ? `${id}: ${rule}` : `${id} (known failing: ${planned.knownFailing})`;
  if (planned.plan === "skip") {
    test.skip(title);
    return;
  }
  const timeout = 2 * deadlineMs * plan.seeds.length; // A case ends by itself; this is for what comes behind it.
  test(title, { concurrent: parallel && !planned.isExclusive, timeout }, async () => {
    const result = await resultOf(plan, planned, { deadlineMs });
    if (result.error !== undefined) throw result.error;
  });
}
