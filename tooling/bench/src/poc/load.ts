/** The proof of concept's own load test: so many requests a second, whether or not those before have been answered. */

import { setTimeout } from "node:timers/promises";
import { getHeapStatistics } from "node:v8";
import { Histogram } from "../histogram.ts";

/** Who has as many seconds' requests to answer catches up no more: the load is given up. */
const MAX_BEHIND_S = 10;
/** Nor does who has filled as much memory with what is unanswered: the next thing would be the end of the process. */
const MAX_HEAP_BYTES = 3_000_000_000;
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

type Kind = (typeof MIX)[number];

export interface Load {
  readonly perSecond: number;
  readonly seconds: number;
}

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
  /** From when a request was due to its answer; whoever has none counts until the load ended. */
  readonly all: Histogram;
  readonly multicasts: Histogram;
}

/** Sends requests for so long and waits for the answers; gives up on who falls too far behind. */
export async function applyLoad(loaded: Loaded, { perSecond, seconds }: Load): Promise<LoadResult> {
  const requests = Math.ceil(seconds * perSecond);
  const ledger = new Ledger();
  const start = performance.now();
  const asked: Promise<void>[] = [];
  const before = heapBytes();
  const isLost = (): boolean =>
    asked.length - ledger.answered >= MAX_BEHIND_S * perSecond || heapBytes() - before > MAX_HEAP_BYTES;
  while (asked.length < requests && !isLost()) {
    const kind = MIX[asked.length % MIX.length] ?? "register";
    const dueAt = start + (asked.length * 1_000) / perSecond;
    const early = dueAt - performance.now();
    if (early > 0) await setTimeout(early);
    asked.push(ledger.note({ kind, dueAt }, ask(loaded, kind, asked.length)));
  }
  const lastedMs = performance.now() - start;
  if (asked.length === requests)
    await Promise.race([Promise.all(asked), setTimeout(PATIENCE_MS, undefined, { ref: false })]);
  const answered = ledger.all.count;
  ledger.endOfLoad(performance.now());
  return {
    lastedMs,
    failedRequests: requests - answered,
    delivered: ledger.delivered,
    failed: ledger.failed,
    lateMs: performance.now() - start - lastedMs,
    all: ledger.all,
    multicasts: ledger.multicasts,
  };
}

function heapBytes(): number {
  return getHeapStatistics().used_heap_size;
}

async function ask(loaded: Loaded, kind: Kind, request: number): Promise<Reported> {
  if (kind === "multicast") return await loaded.multicast();
  await (kind === "register" ? loaded.register(request) : loaded.enumerate());
  return NOTHING_REPORTED;
}

interface Request {
  readonly kind: Kind;
  readonly dueAt: number;
}

class Ledger {
  /** Or failed. */
  answered = 0;
  delivered = 0;
  failed = 0;
  readonly all = new Histogram();
  readonly multicasts = new Histogram();
  readonly #open = new Set<Request>();

  async note(asked: Request, request: Promise<Reported>): Promise<void> {
    this.#open.add(asked);
    try {
      const { delivered, failed } = await request;
      this.delivered += delivered;
      this.failed += failed;
      this.#close(asked, performance.now());
    } catch {
      // What stays open has failed.
    }
    this.answered += 1;
  }

  /** Whoever failed or still waits has waited until now. */
  endOfLoad(now: number): void {
    for (const asked of this.#open) this.#close(asked, now);
  }

  #close(asked: Request, now: number): void {
    this.#open.delete(asked);
    this.all.record(now - asked.dueAt);
    if (asked.kind === "multicast") this.multicasts.record(now - asked.dueAt);
  }
}
