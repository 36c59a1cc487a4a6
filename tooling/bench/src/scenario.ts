/** What a benchmark is asked for and what it gives back. */

import { type Summary, summarize } from "./statistics.ts";

export interface Settings {
  /** How many documents or identities. */
  readonly size: number;
  readonly rounds: number;
}

export interface Scenario {
  /** As it is named on the command line. */
  readonly name: string;
  /** What it compares, for the usage text. */
  readonly about: string;
  readonly defaultSize: number;
  /** @throws Disagreement when the contenders don't do the same work. */
  run(settings: Settings): Promise<Outcome>;
}

export interface Outcome {
  readonly rows: readonly Row[];
  readonly timings: readonly Timing[];
}

export type Goal = { readonly atLeast: number } | { readonly atMost: number };

/** One quantity, sampled once a round: most often a ratio of two times of the same round. */
export interface Row extends Summary {
  readonly name: string;
  /** `×` is a ratio. */
  readonly unit: "×" | "MB" | "ms";
  readonly goal?: Goal;
  /** The median meets the goal; absent without a goal. */
  readonly met?: boolean;
  /** The middle half of the samples agrees with the median about that; absent without a goal. */
  readonly clear?: boolean;
}

/** What one contender took, for orientation: absolute times say nothing about another run or machine. */
export interface Timing {
  readonly name: string;
  readonly medianMs: number;
  /** How many documents or identities that is in a second. */
  readonly perSecond: number;
}

/** Contenders that were to do the same work gave different answers, so their times can't be compared. */
export class Disagreement extends Error {
  override readonly name = "Disagreement";
}

export function rowOf(name: string, unit: Row["unit"], samples: readonly number[], goal?: Goal): Row {
  const summary = summarize(samples);
  if (goal === undefined) return { name, unit, ...summary };
  const met = meets(goal, summary.median);
  const clear = meets(goal, summary.q1) === met && meets(goal, summary.q3) === met;
  return { name, unit, ...summary, goal, met, clear };
}

export function timingOf(name: string, samplesMs: readonly number[], size: number): Timing {
  const medianMs = summarize(samplesMs).median;
  return { name, medianMs, perSecond: (size * 1000) / medianMs };
}

function meets(goal: Goal, value: number): boolean {
  return "atLeast" in goal ? value >= goal.atLeast : value <= goal.atMost;
}
