/** What became of a planned case: the outcomes of its runs, held against what was expected. */

import type { Part } from "./case.ts";
import type { Plan, PlannedCase } from "./plan.ts";
import { type CaseOutcome, NOT_APPLICABLE, runCase } from "./run.ts";
import { asError } from "./thrown.ts";

export interface CaseResult {
  readonly id: string;
  readonly rule: string;
  readonly slot: Part;
  /** `failed` includes a lost pin, and a known failing case that passed. */
  readonly status: "passed" | "failed" | "known failing" | "not applicable";
  /** Only with `failed`: the message begins with the id and names the seed, where one was used. */
  readonly error?: Error;
  /** Only with `known failing`: why that is put up with. */
  readonly why?: string;
  /** Of all its runs. */
  readonly elapsedMs: number;
}

/** Runs the case once with each seed of the plan, until a run fails. Never rejects. */
export async function resultOf(plan: Plan, planned: PlannedCase): Promise<CaseResult> {
  const { id, rule, slot } = planned.case;
  const about = { id, rule, slot };
  if (planned.plan === "skip") return { ...about, status: "not applicable", elapsedMs: 0 };
  if (planned.plan === "lost") {
    const error = new Error(`${id} is pinned, but no longer applies to ${plan.subject.name}: a claim was lost`);
    return { ...about, status: "failed", error, elapsedMs: 0 };
  }
  const { deadlineMs, filters } = plan;
  const outcomes: CaseOutcome[] = [];
  for (const seed of plan.seeds) {
    const outcome = await runCase(plan.subject, planned.case, { seed, deadlineMs, filters });
    outcomes.push(outcome);
    if (outcome.status !== "passed") break;
  }
  const elapsedMs = outcomes.reduce((sum, outcome) => sum + outcome.elapsedMs, 0);
  return { ...about, ...judged(planned, outcomes), elapsedMs };
}

function judged(
  { case: { id, rule }, knownFailing }: PlannedCase,
  outcomes: readonly CaseOutcome[],
): Pick<CaseResult, "status" | "error" | "why"> {
  const bad = outcomes.find(({ status }) => status !== "passed");
  if (bad?.status === NOT_APPLICABLE) {
    return { status: "failed", error: new Error(`${id} applied when the run was planned, and no longer did when run`) };
  }
  if (knownFailing !== undefined) {
    if (bad !== undefined) return { status: "known failing", why: knownFailing };
    return { status: "failed", error: new Error(`${id} is named in knownFailing, but passes: take it off the list`) };
  }
  if (bad === undefined) return { status: "passed" };
  const cause = asError(bad.error);
  return {
    status: "failed",
    error: new Error(`${id} (seed ${bad.seed}): ${cause.message}\nThe rule: ${rule}`, { cause }),
  };
}
