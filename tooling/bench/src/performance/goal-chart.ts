/**
 * Measured ratios beside what was promised, each as a multiple of its floor: what lies right of the line holds. A ratio of
 * which nothing is promised is drawn as it is.
 */

import { figures } from "../table.ts";
import type { Finding } from "./findings.ts";
import type { Promised } from "./promised.ts";
import { diamond, dot, label, logScale, type Look, picture, powersAround, stroke } from "./svg.ts";

const WIDTH = 960;
const PLOT = { from: 560, to: 880 };
const ROW = 22;
const TOP = 30;

/** `undefined` when nothing of it can be drawn: a goal of 0 has no multiples. */
export function goalChart(findings: readonly Finding[]): string | undefined {
  const drawn = findings.filter(({ promised }) => floorIn(promised) > 0);
  if (drawn.length === 0) return undefined;
  const shares = drawn.flatMap(({ promised, row }) => [
    ...[row.min, row.max].map((value) => shareOf(promised, value)),
    shareOf(promised, goalIn(promised)),
    1,
  ]);
  const ticks = powersAround(Math.min(...shares), Math.max(...shares), 2);
  const position = logScale({ low: ticks.at(0) ?? 1, high: ticks.at(-1) ?? 2 }, PLOT);
  const bottom = TOP + drawn.length * ROW;
  const even = drawn.some(({ promised }) => promised.goal !== undefined) ? "floor" : "equal";
  const every = Math.ceil(ticks.length / 10);
  const marks = ticks.flatMap((tick, index) => [
    stroke({ x: position(tick), y: TOP - 6 }, { x: position(tick), y: bottom }, tick === 1 ? "axis" : "faint"),
    ...(tick === 1 || index % every === 0
      ? [label({ x: position(tick), y: TOP - 12 }, tick === 1 ? even : multiple(tick), { anchor: "middle" })]
      : []),
  ]);
  const rows = drawn.flatMap((finding, index) => rowMarks(finding, TOP + (index + 0.5) * ROW, position));
  return picture({ width: WIDTH, height: bottom + 8 }, [...marks, ...rows]);
}

/** Of a power of 2. */
function multiple(tick: number): string {
  return tick < 1 ? `1/${1 / tick}` : `${tick}×`;
}

function rowMarks(finding: Finding, y: number, position: (share: number) => number): readonly string[] {
  const { promised, row, met, floorMet = false } = finding;
  const look: Look = met === undefined ? "series-0" : met ? "met" : floorMet ? "between" : "missed";
  const at = (value: number): { readonly x: number; readonly y: number } => ({
    x: position(shareOf(promised, value)),
    y,
  });
  return [
    label({ x: PLOT.from - 12, y: y + 4 }, promised.what, { anchor: "end" }),
    stroke(at(row.min), at(row.max), look),
    stroke(at(row.q1), at(row.q3), look, 5),
    ...(promised.goal === undefined ? [] : [diamond(at(goalIn(promised)), "text")]),
    dot(at(row.median), look),
    label({ x: PLOT.to + 12, y: y + 4 }, `${figures(row.median)} ${promised.unit}`.trimEnd()),
  ];
}

/** How many times the floor; of what must be at most so much, the other way round. */
function shareOf(promised: Promised, value: number): number {
  const floor = floorIn(promised);
  const measured = Math.max(value, floor / 1_000); // Nothing at all would lie infinitely far away.
  return promised.goal !== undefined && "atMost" in promised.goal ? floor / measured : measured / floor;
}

function floorIn(promised: Promised): number {
  return promised.goal?.floor ?? goalIn(promised);
}

function goalIn({ goal }: Promised): number {
  if (goal === undefined) return 1;
  return "atLeast" in goal ? goal.atLeast : goal.atMost;
}
