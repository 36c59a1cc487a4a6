/** What a benchmark is asked for and what it gives back. */

import { type Summary, summarize } from "./statistics.ts";

export interface Settings {
  /** How many documents or identities. */
  readonly size: number;
  readonly rounds: number;
  /** How long a load lasts, where the scenario has one. */
  readonly seconds?: number;
}

export interface Scenario {
  /** As it is named on the command line. */
  readonly name: string;
  /** What it compares, for the usage text. */
  readonly about: string;
  readonly defaultSize: number;
  /** It talks to real servers. */
  readonly needsServers?: boolean;
  /** @throws Disagreement when the contenders don't do the same work. */
  run(settings: Settings): Promise<Outcome>;
}

export interface Outcome {
  readonly rows: readonly Row[];
  readonly timings: readonly Timing[];
}

/** `floor` is what must hold where `atLeast` is more than that. */
export type Goal = { readonly atLeast: number; readonly floor?: number } | { readonly atMost: number };

/** One quantity, sampled once a round: most often a ratio of two times of the same round. */
export interface Row extends Summary {
  readonly name: string;
  /** `×` is a ratio; nothing is a count of what the name says. */
  readonly unit: "×" | "MB" | "ms" | "";
  readonly goal?: Goal;
  /** The median meets the goal; absent without a goal. */
  readonly met?: boolean;
  /** The median keeps at least to the floor; absent without one. */
  readonly floorMet?: boolean;
  /** The middle half of the samples agrees with the median about all that; absent without a goal. */
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
  const { median, q1, q3 } = summary;
  const met = meets(goal, median);
  const floor = floorOf(goal);
  const isAlike = (bound: Goal): boolean => [q1, q3].every((value) => meets(bound, value) === meets(bound, median));
  const clear = isAlike(goal) && (floor === undefined || isAlike(floor));
  return {
    name,
    unit,
    ...summary,
    goal,
    met,
    clear,
    ...(floor === undefined ? {} : { floorMet: meets(floor, median) }),
  };
}

export function timingOf(name: string, samplesMs: readonly number[], size: number): Timing {
  const medianMs = summarize(samplesMs).median;
  return { name, medianMs, perSecond: (size * 1000) / medianMs };
}

function floorOf(goal: Goal): Goal | undefined {
  return "floor" in goal && goal.floor !== undefined ? { atLeast: goal.floor } : undefined;
}

function meets(goal: Goal, value: number): boolean {
  return "atLeast" in goal ? value >= goal.atLeast : value <= goal.atMost;
}
