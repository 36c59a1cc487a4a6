/** `docs/performance.md` and its pictures, made of nothing but the stored results: the same ones give the same files. */

import { busiest } from "../report.ts";
import { boundOf, figures, QUANTILES, spreadOf, verdictOf } from "../table.ts";
import { costChart } from "./cost-chart.ts";
import { type Finding, findingOf, isPreliminary } from "./findings.ts";
import { goalChart } from "./goal-chart.ts";
import { missesOf } from "./limits.ts";
import { argumentsOf, type Play, type Promised, type Section } from "./promised.ts";
import type { Results, Stored } from "./results.ts";

/** Where it lies, from the root, and what is in it. */
export interface PageFile {
  readonly path: string;
  readonly text: string;
}

const ABSENT = "–";
const PICTURES = "performance";

const HEAD = `# Performance

Generated from the results in [docs/performance](performance) by \`pnpm bench report\`, and compared with them by a test; not to be edited.

A ratio compares two things that were measured in turns in the same run: absolute times move by a factor of 2 with the hour
and the machine, ratios by a tenth or two. *Measured* is the median of all rounds, and half of them lie in the *middle half*.
The floor must hold, the goal is what is aimed at; **?** behind a verdict says that the middle half lies on both sides of it.
† is preliminary: fewer than nine rounds, another duration than the scenario's own, or a machine of which *others* took more than a fifth.
What exactly each scenario compares, and why its baseline is fair, stands in [the benchmarks](../tooling/bench/README.md).`;

const PICTURE_HEAD = `In the pictures every value is a multiple of its floor (of its goal, where it has no floor): what lies right of the line
holds. A thick stroke is the middle half, a thin one all rounds, a rhombus the goal. What may be at most so much is drawn
the other way round.`;

const MISSED_HEAD = `## What is missed, and why

By how much of its floor, or of its goal where it has none; what the limit is; and what design would reach it.`;

const LATENCY_HEAD = `## Latencies

In milliseconds. Every one counts, however long it was, and from when it was due: who waits behind a stall has waited. A share
is at most 1 % too high, the longest is exact.`;

const COST_HEAD = `## Cost of a recipient

Time of a multicast over NATS to who is registered on Redis divided by its recipients, in microseconds; both axes are
logarithmic. Absolute
times: they compare with each other, and not with those of another machine.`;

export function pageFiles(sections: readonly Section[], results: Results): readonly PageFile[] {
  const parts = sections.map((section) => partOf(section, results));
  const cost = costChart(results);
  const costPath = `${PICTURES}/cost-of-a-recipient.svg`;
  const text = [
    HEAD,
    standing(sections, results),
    machines(results),
    PICTURE_HEAD,
    ...parts.map((part) => part.text),
    ...misses(sections, results),
    ...latencies(results),
    ...(cost === undefined ? [] : [COST_HEAD, `![Cost of a recipient](${costPath})`]),
  ].join("\n\n");
  return [
    { path: "docs/performance.md", text: `${text}\n` },
    ...parts.flatMap(({ picture }) => picture ?? []),
    ...(cost === undefined ? [] : [{ path: `docs/${costPath}`, text: cost }]),
  ];
}

/** How many of all goals stand where. */
function standing(sections: readonly Section[], results: Results): string {
  const goals = sections.flatMap((section) => section.goals).filter(({ goal }) => goal !== undefined);
  const found = goals.flatMap((promised) => findingOf(promised, results) ?? []);
  const met = found.filter((finding) => finding.met).length;
  const floors = found.filter((finding) => !finding.met && finding.floorMet === true).length;
  const missed = found.length - met - floors;
  const open = goals.length - found.length;
  const preliminary = found.filter(({ stored }) => isPreliminary(stored)).length;
  return [
    `Of ${goals.length} goals **${met} are met**, of ${floors} the floor, ${missed} are missed, ${open} are not measured.`,
    ...(preliminary === 0 ? [] : [`Of what was measured ${preliminary} are preliminary, and to be measured again.`]),
  ].join("\n");
}

/** Those it was measured on; nearly always one. */
export function machines(results: Results): string {
  const all = [...results.values()];
  if (all.length === 0) return "Nothing has been measured yet.";
  const described = [...new Set(all.map(machineOf))].map((one) => `- ${one}`);
  const versions = new Set(
    all.flatMap(({ servers }) => Object.entries(servers).map(([kind, version]) => `${kind} ${version}`)),
  );
  const servers = [...versions].toSorted().join(", ");
  return ["Measured on", ...described, "", `with ${servers || "no server"}, without a disk, over loopback.`].join("\n");
}

function machineOf({ machine: { cores, cpu, platform, arch, node } }: Stored): string {
  return `${cores} cores of ${cpu}, ${platform} ${arch}, Node ${node.replace(/^v/u, "")}`;
}

function partOf(section: Section, results: Results): { readonly text: string; readonly picture: PageFile | undefined } {
  const found = section.goals.map((promised) => ({ promised, finding: findingOf(promised, results) }));
  const head = ["", "floor", "goal", "measured", "middle half", "", "rounds, others", "by `pnpm bench report …`"];
  const table = markdownTable(
    head,
    found.map(({ promised, finding }) => cellsOf(promised, finding)),
  );
  const chart = goalChart(found.flatMap(({ finding }) => finding ?? []));
  const path = `${PICTURES}/${section.title.toLowerCase().replaceAll(/\W+/gu, "-")}.svg`;
  return {
    text: [
      `## ${section.title}`,
      section.about,
      table,
      ...(chart === undefined ? [] : [`![${section.title}](${path})`]),
    ].join("\n\n"),
    picture: chart === undefined ? undefined : { path: `docs/${path}`, text: chart },
  };
}

function cellsOf(promised: Promised, finding: Finding | undefined): readonly string[] {
  const { what, goal, unit } = promised;
  const aim = goal === undefined ? ABSENT : `${boundOf(goal)} ${unit}`.trimEnd();
  const bounds = [what, String(goal?.floor ?? ABSENT), aim];
  if (finding === undefined) return [...bounds, ABSENT, ABSENT, "not measured", ABSENT, commandOf(promised)];
  const { row, stored } = finding;
  const isSingle = row.samples.length === 1;
  return [
    ...bounds,
    `**${figures(row.median)}**${unit === "" ? "" : ` ${unit}`}`,
    isSingle ? ABSENT : `${figures(row.q1)} – ${figures(row.q3)}`,
    verdictOf(finding),
    `${durationOf(stored)}, ${othersOf(stored)}${isPreliminary(stored) ? " †" : ""}`,
    commandOf(promised),
  ];
}

function misses(sections: readonly Section[], results: Results): readonly string[] {
  const promised = sections.flatMap((section) => section.goals);
  const items = missesOf(promised.flatMap((one) => findingOf(one, results) ?? []));
  return items.length === 0 ? [] : [MISSED_HEAD, items.join("\n")];
}

/** Of everything that was timed one by one, by the play it belongs to. */
function latencies(results: Results): readonly string[] {
  const rows = [...results].flatMap(([, stored]) =>
    (stored.latencies ?? []).map((latency) => [commandOf(stored), ...spreadOf(latency)]),
  );
  if (rows.length === 0) return [];
  return [LATENCY_HEAD, markdownTable(["", "", ...QUANTILES, "of"], rows)];
}

export function markdownTable(head: readonly string[], rows: readonly (readonly string[])[]): string {
  return [head, head.map(() => "---"), ...rows].map((cells) => `| ${cells.join(" | ")} |`).join("\n");
}

function durationOf({ rounds, seconds }: Stored): string {
  return seconds === undefined ? String(rounds) : `${rounds} of ${seconds} s`;
}

/** Of the processors. */
function othersOf({ machine }: Stored): string {
  return `${Math.round(100 * busiest(machine))} %`;
}

function commandOf(play: Play): string {
  return `\`${argumentsOf(play)}\``;
}
