/** `docs/scale.md`: prose by hand in `template.md`, and in its gaps tables made of nothing but the stored results. */

import { readFileSync } from "node:fs";
import { isPreliminary } from "../performance/findings.ts";
import { machines, markdownTable, type PageFile } from "../performance/page.ts";
import { argumentsOf } from "../performance/promised.ts";
import type { Results, Stored } from "../performance/results.ts";
import { figures, grouped } from "../table.ts";
import { endsOf, partsOf } from "./parts.ts";
import { SCALE_PLAYS } from "./plays.ts";
import {
  at,
  coresOf,
  coresOfChange,
  figureOf,
  hasKeptUp,
  latencyOf,
  lineOf,
  loadFigureOf,
  type Measured,
  measuredOf,
  type Rate,
  RATES,
} from "./slopes.ts";

const TEMPLATE = new URL("./template.md", import.meta.url);
const PREDICTED = [10_000_000, 100_000_000] as const;
const ABSENT = "–";
const PROCESS_CORES = "cores of the population's processes";
/** Of everything that a server has: beyond it, latencies grow. */
const FILLED = 0.6;

/** By the names of the gaps. */
type Gaps = Readonly<Record<string, string>>;

/** @param template with `{{gap}}` wherever a figure is to stand. @throws Error for a gap that nothing fills. */
export function scalePage(results: Results, template: string = readFileSync(TEMPLATE, "utf8")): PageFile {
  const gaps = gapsOf(results);
  const text = template.replaceAll(/\{\{(\w+)\}\}/gu, (_, name: string) => {
    const filled = gaps[name];
    if (filled === undefined) throw new Error(`template.md has a gap "${name}" that nothing fills`);
    return filled;
  });
  return { path: "docs/scale.md", text };
}

function gapsOf(results: Results): Gaps {
  const measured = measuredOf(results);
  const each = (cells: (stored: Stored) => readonly (readonly string[])[]): readonly (readonly string[])[] =>
    measured.flatMap((one) => one.results.flatMap(cells));
  return {
    machines: machines(results),
    missing: missingOf(results),
    costs: markdownTable(
      COST_HEAD,
      each((stored) => RATES.map((rate) => costsOf(stored, rate))),
    ),
    memory: markdownTable(MEMORY_HEAD, each(memoryOf)),
    latencies: markdownTable(
      LATENCY_HEAD,
      each((stored) => RATES.map((rate) => latenciesOf(stored, rate))),
    ),
    slopes: markdownTable(SLOPE_HEAD, measured.flatMap(slopesOf)),
    predictions: markdownTable(PREDICTION_HEAD, measured.flatMap(predictionsOf)),
    ends: markdownTable(END_HEAD, measured.flatMap(endOf)),
    commands: SCALE_PLAYS.map((play) => `pnpm bench report ${argumentsOf(play)}`).join("\n"),
  };
}

function missingOf(results: Results): string {
  const missing = SCALE_PLAYS.length - results.size;
  const preliminary = [...results.values()].filter(isPreliminary).length;
  return `Of ${SCALE_PLAYS.length} plays ${missing} have not been measured, and ${preliminary} are preliminary (†): shorter than a minute, or on a machine of which others took more than a fifth.`;
}

function nameOf(stored: Stored): readonly string[] {
  return [stored.on ?? "", `${grouped(stored.size)}${isPreliminary(stored) ? " †" : ""}`];
}

function loadOf(stored: Stored, rate: Rate): readonly string[] {
  return [...nameOf(stored), `${rate}${hasKeptUp(stored, rate) ? "" : " ‡"}`];
}

const COST_HEAD = [
  "composition",
  "identities",
  "come, and go",
  "really",
  "cores",
  "of the 200 processes",
  "of the store",
  "of the broker",
  "to the store, from it",
  "its commands",
  "to the broker, from it",
];

function costsOf(stored: Stored, rate: Rate): readonly string[] {
  const [store = "", broker = store] = (stored.on ?? "").split("+");
  const figure = (name: string): number | undefined => loadFigureOf(stored, rate, name);
  const traffic = (kind: string): string => {
    const [to, from] = [figure(`to ${kind}`), figure(`from ${kind}`)];
    return to === undefined || from === undefined ? ABSENT : `${figures(to)}, ${figures(from)} MB/s`;
  };
  const commands = figure(`commands of ${store}`) ?? figure(`transactions of ${store}`);
  return [
    ...loadOf(stored, rate),
    `${shown(figure("registered"))}/s, ${shown(figure("unregistered"))}/s`,
    `**${shown(figure("cores"))}**`,
    shown(figure(PROCESS_CORES)),
    shown(figure(`cores of ${store}`)),
    broker === store ? ABSENT : shown(figure(`cores of ${broker}`)),
    traffic(store),
    commands === undefined ? ABSENT : `${grouped(Math.round(commands))}/s`,
    broker === store ? ABSENT : traffic(broker),
  ];
}

const MEMORY_HEAD = ["composition", "identities", "where", "MB", "an identity took", "by the store's own account"];

function memoryOf(stored: Stored): readonly (readonly string[])[] {
  const kinds = ["the population's processes", ...new Set((stored.on ?? "").split("+"))];
  return kinds.flatMap((kind) => {
    const all = figureOf(stored, `memory of ${kind}`);
    if (all === undefined) return [];
    const each = (name: string): string => shown(figureOf(stored, `memory of ${kind} … ${name}`), " B");
    return [[...nameOf(stored), kind, shown(all), each("that an identity took there"), each("by its own account")]];
  });
}

const LATENCIES: Readonly<Record<string, string>> = {
  "first page": "first pages of a cell",
  "following page": "following pages",
  "multicast to 1 %": "multicasts to a cell",
  "… until handled": "their messages, until handled",
  register: "registers",
  unregister: "unregisters",
};
const LATENCY_HEAD = [
  "composition",
  "identities",
  "come, and go",
  ...Object.keys(LATENCIES),
  "without an answer",
  "received",
  "not received",
];

function latenciesOf(stored: Stored, rate: Rate): readonly string[] {
  const count = (name: string): string => grouped(loadFigureOf(stored, rate, name) ?? Number.NaN);
  return [
    ...loadOf(stored, rate),
    ...Object.values(LATENCIES).map((name) => {
      const found = latencyOf(stored, rate, name);
      return found === undefined
        ? ABSENT
        : `${figures(found.p50)} · **${figures(found.p99)}** · ${figures(found.p999)}`;
    }),
    grouped(figureOf(stored, `${rate}: requests without an answer`) ?? Number.NaN),
    count("received by who stayed"),
    count("messages to who stayed that were not received"),
  ];
}

const SLOPE_HEAD = ["composition", "what", "at", "there", "for each million more", "one that comes or goes"];

function slopesOf(measured: Measured): readonly (readonly string[])[] {
  const processes = coresOf(measured, PROCESS_CORES);
  const lines = [
    ...partsOf(measured),
    ...(processes === undefined ? [] : [{ name: PROCESS_CORES, unit: "cores", line: processes } as const]),
  ];
  return lines.map(({ name, unit, line: { from, slope } }) => {
    const change = unit === "cores" ? coresOfChange(measured, name) : undefined;
    return [
      measured.on,
      name,
      grouped(from.size),
      amount(from.value, unit),
      amount(slope * 1_000_000, unit),
      // A core that is busy for a second has a million microseconds.
      change === undefined ? ABSENT : `${figures(change * 1_000_000)} µs`,
    ];
  });
}

const PREDICTION_HEAD = [
  "composition",
  "identities",
  "cores of all processes",
  "servers",
  "first page p99",
  "multicast to 1 % p99",
];

function predictionsOf(measured: Measured): readonly (readonly string[])[] {
  const parts = partsOf(measured);
  const processes = coresOf(measured, PROCESS_CORES);
  const multicasts = lineOf(measured, (stored) => latencyOf(stored, "0.1 %/s", "multicasts to a cell")?.p99);
  const pages = lineOf(measured, (stored) => latencyOf(stored, "0.1 %/s", "first pages of a cell")?.p99);
  if (processes === undefined || pages === undefined || multicasts === undefined) return [];
  return PREDICTED.map((size) => {
    const servers = [...new Set(parts.map(({ kind }) => kind))].map((kind) => {
      const needs = parts.filter((part) => part.kind === kind).map((part) => ({ part, value: at(part.line, size) }));
      const count = Math.max(...needs.map(({ part, value }) => Math.ceil(value / (part.bound * FILLED))));
      const uses = needs.map(({ part, value }) => amount(value, part.unit)).join(", ");
      return `${kind}: ${uses}, so **${grouped(count)}**`;
    });
    return [
      measured.on,
      grouped(size),
      figures(at(processes, size)),
      servers.join("; "),
      `${figures(pages.from.value)} ms`,
      `${figures(at(multicasts, size))} ms`,
    ];
  });
}

const END_HEAD = ["composition", "what ends first", "at", "and then", "at"];

function endOf(measured: Measured): readonly (readonly string[])[] {
  const [first, second] = endsOf(partsOf(measured));
  if (first === undefined) return [];
  return [[measured.on, ...[first, second].flatMap((end) => (end === undefined ? [ABSENT, ABSENT] : endText(end)))]];
}

function endText({ part, size }: ReturnType<typeof endsOf>[number]): readonly string[] {
  const bound = `${part.name}: ${part.unit === "cores" ? part.bound : amount(part.bound, "MB")}`;
  return [bound, Number.isFinite(size) ? `${figures(size / 1_000_000)} M` : "not by this load"];
}

function amount(value: number, unit: "cores" | "MB"): string {
  return unit === "cores" ? `${figures(value)} cores` : `${figures(value / 1_024)} GB`;
}

function shown(value: number | undefined, unit: string = ""): string {
  return value === undefined ? ABSENT : `${figures(value)}${unit}`;
}
