/** Requests that leave when they are due, whether or not those before have been answered. */

import { setTimeout as delay } from "node:timers/promises";
import { Histogram } from "./histogram.ts";

/** The shortest wait: a timer knows no shorter one. */
const TICK_MS = 1;

export interface Patience {
  /** Who has as many seconds' requests to answer catches up no more: the load is given up. */
  readonly maxBehindS: number;
  /** How long the answers may take behind the last request. */
  readonly answerMs: number;
}

const PATIENCE: Patience = { maxBehindS: 10, answerMs: 60_000 };

export interface Pace {
  readonly perSecond: number;
  readonly seconds: number;
}

export interface PacedResult {
  /** Requests that were due; those behind the end of a load that was given up, too. */
  readonly due: number;
  /** Failed, not answered or, after the load was given up, not even sent. */
  readonly failed: number;
  /** From the first request until the last was sent. */
  readonly lastedMs: number;
  /** From when a request was due to its answer; who has none counts until the load ended. */
  readonly latencies: Histogram;
  /** What the first that failed said. */
  readonly failure?: string;
}

/** @param ask is given the number of the request and when it was due, by `performance.now()`; what throws has failed. */
export async function applyPaced(
  { perSecond, seconds }: Pace,
  ask: (request: number, dueAt: number) => Promise<void>,
  { maxBehindS, answerMs }: Patience = PATIENCE,
): Promise<PacedResult> {
  const due = Math.ceil(perSecond * seconds);
  const start = performance.now();
  const latencies = new Histogram();
  const open = new Map<number, Promise<void>>();
  const dueAt = (request: number): number => start + (request * 1_000) / perSecond;
  let failure: string | undefined;
  let [sent, failed] = [0, 0];
  const answered = async (request: number): Promise<void> => {
    try {
      await ask(request, dueAt(request));
    } catch (error) {
      failed += 1;
      failure ??= error instanceof Error ? error.message : String(error);
    }
    latencies.record(performance.now() - dueAt(request));
    open.delete(request);
  };
  while (sent < due && open.size < Math.max(maxBehindS * perSecond, 1)) {
    for (const now = performance.now(); sent < due && dueAt(sent) <= now; sent += 1) open.set(sent, answered(sent));
    if (sent < due) await delay(Math.max(TICK_MS, Math.ceil(dueAt(sent) - performance.now())));
  }
  const lastedMs = performance.now() - start;
  await Promise.race([Promise.all(open.values()), delay(answerMs, undefined, { ref: false })]);
  for (const request of open.keys()) latencies.record(performance.now() - dueAt(request));
  return {
    due,
    failed: failed + open.size + (due - sent),
    lastedMs,
    latencies,
    ...(failure === undefined ? {} : { failure }),
  };
}
