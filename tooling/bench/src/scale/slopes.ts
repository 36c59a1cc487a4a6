/** What the results of one composition at several sizes say of sizes that nobody has measured. */

import type { Distribution } from "../histogram.ts";
import { nameOf, qualifiedNames } from "../performance/promised.ts";
import type { Results, Stored } from "../performance/results.ts";
import { SCALE_COMPOSITIONS } from "./plays.ts";

/** How many leave in a second, and as many come. */
export const RATES = ["0.1 %/s", "1 %/s"] as const;
export type Rate = (typeof RATES)[number];

/** Of all, in a second. */
const SHARES: Readonly<Record<Rate, number>> = { "0.1 %/s": 0.001, "1 %/s": 0.01 };
/** A load that is sent more slowly than that is another load. */
const IN_TIME = 0.95;

/** Those of one composition that have been played, from small to large. */
export interface Measured {
  readonly on: string;
  readonly results: readonly Stored[];
}

export function measuredOf(results: Results): readonly Measured[] {
  const found = SCALE_COMPOSITIONS.map(({ on, sizes }) => ({
    on,
    results: sizes.flatMap((size) => results.get(nameOf({ scenario: "churn", size, on })) ?? []),
  }));
  return found.filter((measured) => measured.results.length > 0);
}

/** Of a row by its {@link qualifiedNames}; `undefined` where the composition has none. */
export function figureOf({ rows }: Stored, name: string): number | undefined {
  return rows[qualifiedNames(rows).indexOf(name)]?.median;
}

export function loadFigureOf(stored: Stored, rate: Rate, name: string): number | undefined {
  return figureOf(stored, `${rate}: requests without an answer … ${name}`);
}

export function latencyOf({ latencies = [] }: Stored, rate: Rate, name: string): Distribution | undefined {
  return latencies.find((one) => one.name === `${rate}: ${name}`);
}

/** Everything that was due was done, and sent when it was due: what it cost is what it costs. */
export function hasKeptUp(stored: Stored, rate: Rate): boolean {
  const due = SHARES[rate] * stored.size * IN_TIME;
  const isInTime = ["registered", "unregistered"].every((name) => (loadFigureOf(stored, rate, name) ?? 0) >= due);
  return isInTime && figureOf(stored, `${rate}: requests without an answer`) === 0;
}

/** A straight line through the two largest sizes that kept up with the smaller churn. */
export interface Line {
  /** The larger of the two. */
  readonly from: { readonly size: number; readonly value: number };
  /** For each identity more; not below 0. */
  readonly slope: number;
}

/** `undefined` where fewer than two sizes have kept up, or the figure is missing. */
export function lineOf({ results }: Measured, figure: (stored: Stored) => number | undefined): Line | undefined {
  const points = results.flatMap((stored) => {
    const value = hasKeptUp(stored, RATES[0]) ? figure(stored) : undefined;
    return value === undefined ? [] : [{ size: stored.size, value }];
  });
  const [below, from] = points.slice(-2);
  if (below === undefined || from === undefined) return undefined;
  return { from, slope: Math.max(0, (from.value - below.value) / (from.size - below.size)) };
}

/**
 * Cores under the larger churn: the line of the smaller one, and on it what each coming and going more costs, as the largest
 * size that kept up with both has shown.
 *
 * @param name `cores of redis`
 */
export function coresOf(measured: Measured, name: string): Line | undefined {
  const calm = lineOf(measured, (stored) => loadFigureOf(stored, "0.1 %/s", name));
  const each = coresOfChange(measured, name);
  if (calm === undefined || each === undefined) return undefined;
  const more = each * MORE;
  return {
    from: { size: calm.from.size, value: calm.from.value + more * calm.from.size },
    slope: calm.slope + more,
  };
}

/** Of all who are there, who come or go in a second: 1 % each, beyond the 0.1 % each that are in the line. */
const MORE = 2 * (SHARES["1 %/s"] - SHARES["0.1 %/s"]);

/** Cores for one identity more that comes or goes in each second. */
export function coresOfChange({ results }: Measured, name: string): number | undefined {
  const last = results.findLast((stored) => RATES.every((rate) => hasKeptUp(stored, rate)));
  if (last === undefined) return undefined;
  const [calm, busy] = RATES.map((rate) => loadFigureOf(last, rate, name));
  if (calm === undefined || busy === undefined) return undefined;
  return Math.max(0, busy - calm) / (MORE * last.size);
}

export function at({ from, slope }: Line, size: number): number {
  return from.value + slope * (size - from.size);
}

/** The size at which the line reaches a bound; infinite where it never does. */
export function sizeAt({ from, slope }: Line, bound: number): number {
  return slope === 0 ? Number.POSITIVE_INFINITY : Math.max(0, from.size + (bound - from.value) / slope);
}
