/** One case, once: opened, run against its deadline, closed, judged. */

import type { ConformanceCase } from "./case.ts";
import { Clients, factoryOf, openContext } from "./context.ts";
import { DEADLINE_MS, withinDeadline } from "./deadline.ts";
import { PATIENCE_MS } from "./eventually.ts";
import { catchingRejections } from "./rejections.ts";
import type { Subject } from "./subject.ts";
import { asError } from "./thrown.ts";

export const NOT_APPLICABLE = "skipped (not applicable)";

/** Default of {@link PlanOptions.filters}. */
export const FILTERS = 200;

export interface RunCaseOptions {
  /** Source of `ctx.random`; the same seed gives the same run. */
  readonly seed: number;
  /** After which the case has failed. Default 30,000. */
  readonly deadlineMs?: number;
  /** How many generated filters a case that compares them asks. Default 200. */
  readonly filters?: number;
}

/** What became of one run of one case. */
export interface CaseOutcome {
  readonly id: string;
  readonly status: "passed" | "failed" | typeof NOT_APPLICABLE;
  /** Why it failed; with several reasons, an `AggregateError` whose message has them all. */
  readonly error?: Error;
  readonly elapsedMs: number;
  readonly seed: number;
}

/**
 * Runs a case in a namespace of its own, and closes behind it whatever it got from its context. Never rejects.
 *
 * It has failed when it throws, when it has not ended by its deadline, when the subject lacks its slot or can't be
 * opened, when a rejection that began in it is handled by nobody, or when something of its can't be closed.
 */
export async function runCase(subject: Subject, one: ConformanceCase, options: RunCaseOptions): Promise<CaseOutcome> {
  const { seed } = options;
  const start = performance.now();
  const errors: unknown[] = [];
  let applied = true;
  const rejections = await catchingRejections(async () => {
    try {
      applied = await attempt(subject, one, options, errors);
    } catch (error) {
      errors.unshift(error);
    }
  });
  errors.push(
    ...rejections.map((reason) => new Error(`nobody handled: ${asError(reason).message}`, { cause: reason })),
  );
  const elapsedMs = performance.now() - start;
  if (errors.length > 0) return { id: one.id, status: "failed", error: joined(errors), elapsedMs, seed };
  return { id: one.id, status: applied ? "passed" : NOT_APPLICABLE, elapsedMs, seed };
}

/** Gives whether the case applied; adds to `errors` what could not be closed. */
async function attempt(
  subject: Subject,
  one: ConformanceCase,
  { seed, deadlineMs = DEADLINE_MS, filters = FILTERS }: RunCaseOptions,
  errors: unknown[],
): Promise<boolean> {
  const make = factoryOf(subject, one.slot);
  if (make === undefined) throw new Error(`${subject.name} has no ${one.slot}`);
  const clients = new Clients(make);
  try {
    return await withinDeadline(deadlineMs, `conformance.${one.id}`, async (call) => {
      const context = await openContext({ subject, clients, call, seed, filters });
      if (one.applies !== undefined && !one.applies(context.backend, subject)) return false;
      await one.run(context);
      return true;
    });
  } finally {
    errors.push(...(await clients.close(subject.patienceMs ?? PATIENCE_MS)));
  }
}

function joined(errors: readonly unknown[]): Error {
  const [first, ...others] = errors.map(asError);
  if (first !== undefined && others.length === 0) return first;
  return new AggregateError(errors, errors.map((error) => asError(error).message).join("; also: "));
}
