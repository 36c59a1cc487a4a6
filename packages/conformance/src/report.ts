/** What a run has shown, without a word about when or how fast: the same meaning gives the same report. */

import { readFileSync } from "node:fs";
import type { Plan } from "./plan.ts";
import type { SlotClaims } from "./probe.ts";
import type { CaseResult } from "./result.ts";

/** One line of the report. The error is text; the rest is as in {@link CaseResult}. */
export interface ReportedCase extends Pick<CaseResult, "id" | "slot" | "rule" | "status" | "why"> {
  readonly error?: string;
}

/** As it is written to `conformance.json`. */
export interface Report {
  readonly kit: { readonly name: string; readonly version: string };
  readonly subject: string;
  /** `failed` when any case has. */
  readonly verdict: "passed" | "failed";
  readonly seeds: readonly number[];
  /** How many generated filters were compared with each seed, where the registry was asked for that. */
  readonly filters: number;
  readonly slots: readonly SlotClaims[];
  readonly counts: Readonly<Record<CaseResult["status"], number>>;
  /** In the order of the catalogue, whatever the order of the run. */
  readonly cases: readonly ReportedCase[];
}

/** `results` may come in any order; a case of the plan without a result is left out. */
export function reportOf(plan: Plan, results: readonly CaseResult[]): Report {
  const byId = new Map(results.map((result) => [result.id, result]));
  const cases = plan.cases.flatMap((planned) => byId.get(planned.case.id) ?? []);
  const count = (status: CaseResult["status"]): number => cases.filter((one) => one.status === status).length;
  return {
    kit: kit(),
    subject: plan.subject.name,
    verdict: count("failed") > 0 ? "failed" : "passed",
    seeds: plan.seeds,
    filters: plan.filters,
    slots: plan.slots,
    counts: {
      passed: count("passed"),
      failed: count("failed"),
      "known failing": count("known failing"),
      "not applicable": count("not applicable"),
    },
    cases: cases.map(reported),
  };
}

function reported({ id, slot, rule, status, why, error }: CaseResult): ReportedCase {
  return { id, slot, rule, status, ...(why !== undefined && { why }), ...(error && { error: error.message }) };
}

function kit(): Report["kit"] {
  const manifest = readFileSync(new URL("../package.json", import.meta.url), "utf8");
  const { name, version } = JSON.parse(manifest) as Report["kit"]; // Our own manifest has both.
  return { name, version };
}
