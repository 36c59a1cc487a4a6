/** A plan, carried out: in some order, one by one or beside each other. */

import type { ConformanceCase } from "./case.ts";
import { catalogue } from "./catalogue.ts";
import { type Order, ordered } from "./order.ts";
import { type Misconfigured, type Plan, type PlanOptions, planRun } from "./plan.ts";
import { type Report, reportOf } from "./report.ts";
import { type CaseResult, resultOf } from "./result.ts";
import type { Subject } from "./subject.ts";

const MOST_AT_ONCE = 16;

export interface ExecutionOptions {
  /** Default `given`. */
  readonly order?: Order;
  /** Cases run beside each other; those that cut the server off still run alone, behind them. Default false. */
  readonly parallel?: boolean;
}

export interface ConformanceOptions extends PlanOptions, ExecutionOptions {
  /** Default: the whole catalogue. */
  readonly cases?: readonly ConformanceCase[];
}

/** Plans and runs. Never rejects for anything the subject does. */
export async function runConformance(
  subject: Subject,
  options: ConformanceOptions = {},
  onResult: (result: CaseResult) => void = () => {},
): Promise<Report | Misconfigured> {
  const plan = await planRun(options.cases ?? catalogue, subject, options);
  if ("misconfigured" in plan) return plan;
  return reportOf(plan, await runPlan(plan, options, onResult));
}

/** Gives the results, and tells of each at once, in the order in which the cases ended. */
async function runPlan(
  plan: Plan,
  options: ExecutionOptions = {},
  onResult: (result: CaseResult) => void = () => {},
): Promise<readonly CaseResult[]> {
  const { order = "given", parallel = false } = options;
  const cases = ordered(plan.cases, order);
  const results: CaseResult[] = [];
  const work = async (queue: Iterator<Plan["cases"][number]>): Promise<void> => {
    for (let next = queue.next(); !next.done; next = queue.next()) {
      const result = await resultOf(plan, next.value);
      results.push(result);
      onResult(result);
    }
  };
  const together = parallel ? cases.filter(({ isExclusive }) => !isExclusive) : [];
  const queue = together.values();
  await Promise.all(Array.from({ length: MOST_AT_ONCE }, async () => work(queue)));
  await work(cases.filter((one) => !together.includes(one)).values());
  return results;
}
