/** Results as a person reads them. */

import type { Goal, Judgement, Row } from "./scenario.ts";
import type { Distribution } from "./histogram.ts";
import type { ScenarioResult } from "./report.ts";

/** One scenario: its rows with goal and verdict, and under them what each contender took. */
export function tableOf(result: ScenarioResult): string {
  const lines = [
    `${result.scenario}${result.on === undefined ? "" : ` on ${result.on}`} · N = ${grouped(result.size)} · ${result.rounds} ${result.rounds === 1 ? "round" : "rounds"}`,
    ...aligned(
      ["", "median", "middle half", "range", "goal", ""],
      result.rows.map((row) => [row.name, ...cellsOf(row), verdictOf(row)]),
    ),
  ];
  if (result.timings.length > 0) {
    lines.push(
      "  for orientation only:",
      ...result.timings.map(
        ({ name, medianMs, perSecond }) => `    ${name}: ${figures(medianMs)} ms, ${grouped(Math.round(perSecond))}/s`,
      ),
    );
  }
  const { latencies = [] } = result;
  if (latencies.length > 0) {
    lines.push(
      "  latencies in ms:",
      ...aligned(["", ...QUANTILES, "of"], latencies.map(spreadOf)).map((line) => `  ${line}`),
    );
  }
  return lines.join("\n");
}

export const QUANTILES = ["p50", "p90", "p99", "p99.9", "longest"] as const;

/** Its name, {@link QUANTILES}, and of how many. */
export function spreadOf({ name, count, p50, p90, p99, p999, max }: Distribution): readonly string[] {
  return [name, ...[p50, p90, p99, p999, max].map(figures), grouped(count)];
}

/** `met`, `floor met`, `missed`, and with a question mark where the middle half of the samples is of two minds. */
export function verdictOf({ met, floorMet = false, clear }: Partial<Judgement>): string {
  if (met === undefined) return "";
  const verdict = met ? "met" : floorMet ? "floor met" : "missed";
  return clear === true ? verdict : `${verdict}?`;
}

function cellsOf(row: Row): readonly string[] {
  const goal = row.goal === undefined ? "" : goalOf(row.goal, row.unit);
  const median = `${figures(row.median)} ${row.unit}`.trimEnd();
  if (row.samples.length === 1) return [median, "", "", goal];
  return [median, `${figures(row.q1)} – ${figures(row.q3)}`, `${figures(row.min)} – ${figures(row.max)}`, goal];
}

function goalOf(goal: Goal, unit: string): string {
  const bound = `${boundOf(goal)} ${unit}`.trimEnd();
  return goal.floor === undefined ? bound : `${bound}, floor ${goal.floor}`;
}

/** `≥ 0.9`, without its floor. */
export function boundOf(goal: Goal): string {
  return "atLeast" in goal ? `≥ ${goal.atLeast}` : `≤ ${goal.atMost}`;
}

function aligned(head: readonly string[], rows: readonly (readonly string[])[]): readonly string[] {
  const all = [head, ...rows];
  const widths = head.map((_, column) => Math.max(...all.map((row) => row[column]?.length ?? 0)));
  const cell = (text: string, column: number): string => {
    const width = widths[column] ?? 0;
    return column === 0 ? text.padEnd(width) : text.padStart(width);
  };
  return all.map((row) => `  ${row.map(cell).join("   ")}`.trimEnd());
}

/** Three significant figures, without exponents. */
export function figures(value: number): string {
  const digits = value === 0 ? 0 : Math.max(0, 2 - Math.floor(Math.log10(Math.abs(value))));
  return value.toFixed(Math.min(digits, 6));
}

export function grouped(value: number): string {
  return value.toLocaleString("en-US");
}
