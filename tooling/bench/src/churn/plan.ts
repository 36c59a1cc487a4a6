/** What a process does of a churn, and what it and the one that asks tell each other. */

import type { HistogramCounts } from "../histogram.ts";
import type { Places } from "../housing.ts";
import type { Pace, PacedResult } from "../paced-load.ts";
import type { Share } from "../receivers/plan.ts";

export const NAMESPACE = "churn";
/** Everyone is in one of as many cells, so that a filter for one of them matches 1 %. */
export const CELLS = 100;
/**
 * As a process has it, but for two cores that two hundred of them share: a lease of three times the default, and so the TTL,
 * which must be twice a lease for sessions to be renewed, and not identities.
 */
export const TIMING = { sessionLeaseMs: 30_000, ttlMs: 90_000, timeoutMs: 60_000 } as const;

export interface ChurnPlan {
  readonly places: Places;
  readonly fleets: number;
  /** Those who are there from the beginning. */
  readonly share: Share;
  /** Number of the first who comes; everyone after it has the next one. */
  readonly firstNew: number;
}

/** One multicast to a cell. Times are in epoch ms. */
export interface Sent {
  readonly number: number;
  readonly cell: number;
  readonly from: number;
  /** When it was reported. */
  readonly to: number;
}

/** How a paced load went, as it can be told to another process. */
export type Told = Omit<PacedResult, "latencies"> & { readonly latencies: HistogramCounts };

export interface Churned {
  readonly registers: Told;
  readonly unregisters: Told;
}

/** What became of the messages of some multicasts. */
export interface Account {
  /** Messages for those who were there from before the multicast until long after it. */
  readonly due: number;
  /** Of these, not received. */
  readonly missing: number;
  /** Messages received a second time, or in another cell. */
  readonly wrong: number;
  /** From when the multicast was due to its handler. */
  readonly latencies: HistogramCounts;
}

/** One part of the identities, wherever it is served. */
export interface Churners {
  /** Everyone who is there at the beginning is registered. */
  fill(): Promise<void>;
  /** `perSecond` leave, those first who came first, and as many come. */
  churn(pace: Pace): Promise<Churned>;
  /** Messages that have been received since the start. */
  received(): Promise<number>;
  account(sent: readonly Sent[]): Promise<Account>;
  /** Processor time since the start, and resident memory. */
  spent(): Promise<{ readonly cpuMs: number; readonly memoryBytes: number }>;
  stop(): Promise<void>;
}

export type Request = {
  [Verb in keyof Churners]: { readonly id: number; readonly verb: Verb; readonly inputs: Parameters<Churners[Verb]> };
}[keyof Churners];

export type Reply =
  | { readonly id: number; readonly answer: unknown }
  | { readonly id: number; readonly failure: string };
