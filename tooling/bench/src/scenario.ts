/** What a benchmark is asked for and what it gives back. */

import type { Composition } from "./compositions.ts";
import type { Distribution } from "./histogram.ts";
import { type Summary, summarize } from "./statistics.ts";

export interface Settings {
  /** How many documents or identities. */
  readonly size: number;
  readonly rounds: number;
  /** How long a load lasts, where the scenario has one. */
  readonly seconds?: number;
  /** The composition of backends, by name, where the scenario takes any; absent: what it is about by itself. */
  readonly on?: string;
}

export interface Scenario {
  /** As it is named on the command line. */
  readonly name: string;
  /** What it compares, for the usage text. */
  readonly about: string;
  readonly defaultSize: number;
  /** It talks to real servers. */
  readonly needsServers?: boolean;
  /** It is a load of some duration, or asks what a server did: rounds would say no more than one. */
  readonly isPlayedOnce?: boolean;
  /** @throws Disagreement when the contenders don't do the same work. */
  run(settings: Settings): Promise<Outcome>;
  /** On backends of the caller's choice; absent where it is about certain ones. @throws Disagreement as `run`. */
  runOn?(composition: Composition, settings: Settings): Promise<Outcome>;
}

export interface Outcome {
  readonly rows: readonly Row[];
  readonly timings: readonly Timing[];
  /** Of single requests or deliveries, all of them. */
  readonly latencies?: readonly Distribution[];
}

/** `floor` is what must hold where the goal itself asks for more. */
export type Goal = ({ readonly atLeast: number } | { readonly atMost: number }) & { readonly floor?: number };

/** What a median and its spread say of a goal. */
export interface Judgement {
  /** The median meets the goal. */
  readonly met: boolean;
  /** The median keeps at least to the floor; absent without one. */
  readonly floorMet?: boolean;
  /** The middle half of the samples agrees with the median about all that. */
  readonly clear: boolean;
}

/** One quantity, sampled once a round: most often a ratio of two times of the same round. Without a goal, nothing is judged. */
export interface Row extends Summary, Partial<Judgement> {
  readonly name: string;
  /** `×` is a ratio; nothing is a count of what the name says. */
  readonly unit: "×" | "MB" | "B" | "MB/s" | "ms" | "/s" | "";
  readonly goal?: Goal;
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
  return { name, unit, ...summary, ...(goal === undefined ? {} : { goal, ...judge(summary, goal) }) };
}

export function judge({ median, q1, q3 }: Pick<Summary, "median" | "q1" | "q3">, goal: Goal): Judgement {
  const floor = floorOf(goal);
  const isAlike = (bound: Goal): boolean => [q1, q3].every((value) => meets(bound, value) === meets(bound, median));
  return {
    met: meets(goal, median),
    clear: isAlike(goal) && (floor === undefined || isAlike(floor)),
    ...(floor === undefined ? {} : { floorMet: meets(floor, median) }),
  };
}

export function timingOf(name: string, samplesMs: readonly number[], size: number): Timing {
  const medianMs = summarize(samplesMs).median;
  return { name, medianMs, perSecond: (size * 1000) / medianMs };
}

function floorOf(goal: Goal): Goal | undefined {
  const { floor } = goal;
  if (floor === undefined) return undefined;
  return "atLeast" in goal ? { atLeast: floor } : { atMost: floor };
}

function meets(goal: Goal, value: number): boolean {
  return "atLeast" in goal ? value >= goal.atLeast : value <= goal.atMost;
}
