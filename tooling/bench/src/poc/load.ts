/** The proof of concept's own load test: so many requests a second, whether or not those before have been answered. */

import { setTimeout } from "node:timers/promises";
import { quantile } from "../statistics.ts";

const REQUESTS_PER_SECOND = 100;
const TICK_MS = 1_000 / REQUESTS_PER_SECOND;
/** Who has as many requests to answer is ten seconds behind and catches up no more: the load is given up. */
const MAX_UNANSWERED = 1_000;
/** How long the answers may take behind the last request. */
const PATIENCE_MS = 60_000;

/** Five registers, three enumerates and two multicasts to everyone, over and over. */
const MIX = [
  "register",
  "enumerate",
  "register",
  "multicast",
  "register",
  "enumerate",
  "register",
  "enumerate",
  "register",
  "multicast",
] as const;

/** What a multicast says of its messages. */
export interface Reported {
  readonly delivered: number;
  readonly failed: number;
}

const NOTHING_REPORTED: Reported = { delivered: 0, failed: 0 };

/** What is asked of either side. Whatever throws has failed. */
export interface Loaded {
  /** A new identity; the number makes its name. */
  register(request: number): Promise<void>;
  enumerate(): Promise<void>;
  multicast(): Promise<Reported>;
}

export interface LoadResult {
  /** How long requests were sent; less than was asked for when the load was given up. */
  readonly lastedMs: number;
  /** Failed, not answered or, after the load was given up, not even sent. */
  readonly failedRequests: number;
  /** Messages, as the reports say. */
  readonly delivered: number;
  readonly failed: number;
  /** From the last request to the last answer, or to giving up. */
  readonly lateMs: number;
  /** From when a request was due to its answer. */
  readonly medianMs: number;
  readonly p99Ms: number;
}

/** Sends requests for so long and waits for the answers; gives up on who falls too far behind. */
export async function applyLoad(loaded: Loaded, seconds: number): Promise<LoadResult> {
  const requests = seconds * REQUESTS_PER_SECOND;
  const ledger = new Ledger();
  const start = performance.now();
  const asked: Promise<void>[] = [];
  while (asked.length < requests && asked.length - ledger.answered < MAX_UNANSWERED) {
    const dueAt = start + asked.length * TICK_MS;
    const early = dueAt - performance.now();
    if (early > 0) await setTimeout(early);
    asked.push(ledger.note(dueAt, ask(loaded, asked.length)));
  }
  const lastedMs = performance.now() - start;
  if (asked.length === requests)
    await Promise.race([Promise.all(asked), setTimeout(PATIENCE_MS, undefined, { ref: false })]);
  return {
    lastedMs,
    failedRequests: requests - ledger.latencies.length,
    delivered: ledger.delivered,
    failed: ledger.failed,
    lateMs: performance.now() - start - lastedMs,
    medianMs: quantile(ledger.latencies, 0.5),
    p99Ms: quantile(ledger.latencies, 0.99),
  };
}

async function ask(loaded: Loaded, request: number): Promise<Reported> {
  const kind = MIX[request % MIX.length];
  if (kind === "multicast") return await loaded.multicast();
  await (kind === "register" ? loaded.register(request) : loaded.enumerate());
  return NOTHING_REPORTED;
}

class Ledger {
  answered = 0;
  delivered = 0;
  failed = 0;
  readonly latencies: number[] = [];

  async note(dueAt: number, request: Promise<Reported>): Promise<void> {
    try {
      const { delivered, failed } = await request;
      this.delivered += delivered;
      this.failed += failed;
      this.latencies.push(performance.now() - dueAt);
    } catch {
      // What has no latency has failed.
    }
    this.answered += 1;
  }
}
