/** What one recipient costs in a multicast to so many, both on logarithmic axes. */

import { grouped } from "../table.ts";
import { nameOf, type Play } from "./promised.ts";
import type { Results } from "./results.ts";
import { dot, label, logScale, type Look, path, picture, powersAround, stroke } from "./svg.ts";

interface Series {
  readonly label: string;
  /** What was played, and the timing it has, for one at so many. */
  place(size: number): Play & { readonly timing: string };
}

const SIZES = [10_000, 100_000, 1_000_000] as const;

/** Each size was a play of its own. */
function apart(scenario: string, timing: string): Series["place"] {
  return (size) => ({ scenario, size, timing });
}

/** All sizes were in the rounds of one play. */
function together(scenario: string): Series["place"] {
  return (size) => ({ scenario, size: SIZES[2], timing: `to ${grouped(size)}` });
}

const SERIES: readonly Series[] = [
  { label: "bare driver, publish each", place: apart("nats-identity", "raw, a subscription each") },
  { label: "identity addresses", place: together("identity-growth") },
  { label: "20 node addresses", place: together("node-growth") },
  { label: "20 nodes, acknowledged", place: apart("acknowledged", "registry on Redis") },
];
const LOOKS: readonly Look[] = ["series-0", "series-1", "series-2", "series-3"];

const SIZE = { width: 720, height: 320 };
const LEFT = 60;
const RIGHT = 500;
const TOP = 30;
const BOTTOM = 280;

/** `undefined` as long as there is nothing to draw. */
export function costChart(results: Results): string | undefined {
  const lines = SERIES.map((series) => ({ ...series, costs: costsOf(series, results) }));
  const all = lines.flatMap(({ costs }) => costs.map(({ micros }) => micros));
  if (all.length === 0) return undefined;
  const ticks = powersAround(Math.min(...all), Math.max(...all), 2);
  const across = logScale({ low: SIZES[0], high: SIZES[2] }, { from: LEFT, to: RIGHT });
  const up = logScale({ low: ticks.at(0) ?? 1, high: ticks.at(-1) ?? 2 }, { from: BOTTOM, to: TOP });
  const grid = [
    ...ticks.flatMap((tick) => [
      stroke({ x: LEFT, y: up(tick) }, { x: RIGHT, y: up(tick) }, "faint"),
      label({ x: LEFT - 8, y: up(tick) + 4 }, `${tick} µs`, { anchor: "end" }),
    ]),
    ...SIZES.flatMap((size) => [
      stroke({ x: across(size), y: TOP }, { x: across(size), y: BOTTOM }, "faint"),
      label({ x: across(size), y: BOTTOM + 18 }, grouped(size), { anchor: "middle" }),
    ]),
  ];
  const drawn = lines.flatMap(({ label: name, costs }, index) => {
    const look = LOOKS[index % LOOKS.length] ?? "series-0";
    const points = costs.map(({ size, micros }) => ({ x: across(size), y: up(micros) }));
    const legend = { x: RIGHT + 24, y: TOP + 10 + index * 20 };
    return points.length === 0
      ? []
      : [
          path(points, look),
          ...points.map((point) => dot(point, look)),
          dot(legend, look),
          label({ x: legend.x + 12, y: legend.y + 4 }, name),
        ];
  });
  return picture(SIZE, [...grid, ...drawn]);
}

function costsOf({ place }: Series, results: Results): readonly { readonly size: number; readonly micros: number }[] {
  return SIZES.flatMap((size) => {
    const { timing, ...play } = place(size);
    const found = results.get(nameOf(play))?.timings.find(({ name }) => name === timing);
    return found === undefined ? [] : [{ size, micros: 1_000_000 / found.perSecond }];
  });
}
