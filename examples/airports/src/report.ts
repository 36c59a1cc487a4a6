/** What the demo prints at its end: a table for people, or one JSON document for programs. */

import type { FilterInput } from "@muster/filter";
import type { Airport } from "./schema.ts";

/** One multicast, judged. */
export interface Row {
  readonly title: string;
  readonly filter: FilterInput<Airport> | null;
  readonly targetCount: number;
  readonly deliveredCount: number;
  /** How often receivers were called. */
  readonly receivedCount: number;
  /** From the call until the last receiver had it. */
  readonly elapsedMs: number;
  /** The names of those who received it. */
  readonly receivers: readonly string[];
  /** Empty: everything agrees. */
  readonly disagreements: readonly string[];
}

export interface Summary {
  readonly registered: number;
  readonly processes: number;
  readonly registerMs: number;
  readonly message: string;
  readonly rows: readonly Row[];
}

export function allAgree({ rows }: Summary): boolean {
  return rows.every((row) => row.disagreements.length === 0);
}

export function formatJson(summary: Summary): string {
  const multicasts = summary.rows.map(({ filter, targetCount, deliveredCount, receivedCount, elapsedMs }) => ({
    filter,
    targetCount,
    deliveredCount,
    receivedCount,
    elapsedMs: round(elapsedMs),
  }));
  return `${JSON.stringify({ registered: summary.registered, multicasts, agree: allAgree(summary) }, null, 2)}\n`;
}

export function formatReport(summary: Summary, colours: boolean): string {
  const paint = painter(colours);
  const { registered, processes, registerMs, message, rows } = summary;
  const width = Math.max(...rows.map((row) => row.title.length));
  const head = ["targets", "delivered", "received", "ms"].map(cell).join("");
  return [
    "",
    paint(
      "bold",
      `${count(registered)} airports registered by ${plural(processes, "process", "processes")} in ${count(Math.round(registerMs))} ms.`,
    ),
    `Multicast to each group: “${message}”`,
    "",
    paint("dim", `  ${"airports".padEnd(width)}${head}`),
    ...rows.flatMap((row) => formatRow(row, width, paint)),
    "",
    verdict(summary, paint),
    "",
    paint("bold", "Try next"),
    ...NEXT.flatMap(([what, command]) => [`  ${what}`, `    ${paint("cyan", command)}`]),
    "",
  ].join("\n");
}

const NEXT = [
  ["A message of your own:", `npm run demo -- --filter '{"municipality":"Nairobi"}' --message 'Hello, Nairobi'`],
  ["More processes:", `npm run demo -- --filter '{"country":"CH","elevation_ft":{"$gte":1500}}' --processes 50`],
  ["A filter that is refused, with the reason:", `npm run demo -- --filter '{"country.lt":null}'`],
] as const;

function formatRow(row: Row, width: number, paint: Paint): readonly string[] {
  const agrees = row.disagreements.length === 0;
  const mark = agrees ? paint("green", "✓") : paint("red", "✗");
  const numbers = [row.targetCount, row.deliveredCount, row.receivedCount].map(count);
  const cells = [...numbers, row.elapsedMs.toFixed(1)].map(cell).join("");
  return [
    `${mark} ${row.title.padEnd(width)}${cells}`,
    paint("dim", `    ${JSON.stringify(row.filter)}`),
    ...(row.receivers.length > 0 ? [paint("dim", `    ${abridge(row.receivers)}`)] : []),
    ...row.disagreements.map((complaint) => paint("red", `    ${complaint}`)),
  ];
}

function verdict(summary: Summary, paint: Paint): string {
  return allAgree(summary)
    ? paint("green", "All agree: whom the filter enumerates, the targets, the deliveries, and who received it.")
    : paint("red", "They do not agree.");
}

/** Two of them, and how many more there are. */
function abridge(names: readonly string[]): string {
  const rest = names.length - 2;
  return [...names.slice(0, 2), ...(rest > 0 ? [`${count(rest)} more`] : [])].join(" · ");
}

const CELL_WIDTH = 11;

function cell(text: string): string {
  return text.padStart(CELL_WIDTH);
}

function count(value: number): string {
  return value.toLocaleString("en-US");
}

function plural(value: number, one: string, many: string): string {
  return `${count(value)} ${value === 1 ? one : many}`;
}

function round(value: number): number {
  return Math.round(value * 100) / 100;
}

const CODES = { bold: 1, dim: 2, red: 31, green: 32, cyan: 36 } as const;

type Paint = (style: keyof typeof CODES, text: string) => string;

function painter(colours: boolean): Paint {
  return (style, text) => (colours ? `\u001B[${CODES[style]}m${text}\u001B[0m` : text);
}
