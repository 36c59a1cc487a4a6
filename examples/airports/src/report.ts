/** What the demo prints at its end: a table for people, or one JSON document for programs. */

import type { DeliveryGuarantee, MulticastReport } from "@muster/core";
import type { FilterInput } from "@muster/filter";
import type { Crash } from "./roll-call.ts";
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
  /** How often somebody got it who had it already. */
  readonly repeats: number;
  readonly crash: Crash | undefined;
  /** Empty: everything agrees. */
  readonly disagreements: readonly string[];
}

export interface Summary {
  readonly registered: number;
  readonly processes: number;
  /** What keeps who is there. */
  readonly store: string;
  readonly delivery: DeliveryGuarantee;
  readonly registerMs: number;
  readonly message: string;
  readonly rows: readonly Row[];
}

export function allAgree({ rows }: Summary): boolean {
  return rows.every((row) => row.disagreements.length === 0);
}

export function formatJson(summary: Summary): string {
  const multicasts = summary.rows.map(({ filter, targetCount, deliveredCount, receivedCount, elapsedMs, crash }) => ({
    filter,
    targetCount,
    deliveredCount,
    receivedCount,
    elapsedMs: round(elapsedMs),
    ...(crash && { kill: { served: crash.served, before: countsOf(crash.before), after: countsOf(crash.after) } }),
  }));
  return `${JSON.stringify({ registered: summary.registered, multicasts, agree: allAgree(summary) }, null, 2)}\n`;
}

function countsOf({ deliveredCount, pendingCount, failedCount, timeoutCount }: MulticastReport): object {
  return { deliveredCount, pendingCount, failedCount, timeoutCount };
}

export function formatReport(summary: Summary, colours: boolean): string {
  const paint = painter(colours);
  const { registered, processes, store, delivery, registerMs, message, rows } = summary;
  const width = Math.max(...rows.map((row) => row.title.length));
  const head = ["targets", "delivered", "received", "ms"].map(cell).join("");
  return [
    "",
    paint(
      "bold",
      `${count(registered)} airports registered by ${plural(processes, "process", "processes")} in ${store}, in ${count(Math.round(registerMs))} ms.`,
    ),
    `Multicast to each group, ${delivery}: “${message}”`,
    paint("dim", MEANING[delivery]),
    "",
    paint("dim", `  ${"airports".padEnd(width)}${head}`),
    ...rows.flatMap((row) => [...formatRow(row, width, paint), ...formatCrash(row, summary)]),
    "",
    verdict(summary, paint),
    "",
    paint("bold", "Try next"),
    ...NEXT.flatMap(([what, command]) => [`  ${what}`, `    ${paint("cyan", command)}`]),
    "",
  ].join("\n");
}

/** What the second column says, and no more. */
const MEANING: Readonly<Record<DeliveryGuarantee, string>> = {
  "at-most-once": "delivered: the broker accepted it for them. received: their handlers were called",
  "at-least-once": "delivered: their handlers acknowledged it. received: their handlers were called",
  "exactly-once": "delivered: their handlers acknowledged it. received: what they wrote, committed with that",
};

const NEXT = [
  ["A message of your own:", `npm run demo -- --filter '{"municipality":"Nairobi"}' --message 'Hello, Nairobi'`],
  ["Delivered once their handlers have acknowledged it:", "npm run demo -- --delivery at-least-once"],
  ["Kill one of the processes in the middle, and lose nothing:", "npm run demo -- --store file --kill"],
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

function formatCrash({ crash, repeats }: Row, { store, delivery }: Summary): readonly string[] {
  if (crash === undefined) return [];
  const { served, before, after } = crash;
  const isAll = after.pendingCount === 0 && after.deliveredCount === after.targetCount;
  const twice = `${plural(repeats, "airport", "airports")} handled it twice: killed before the acknowledgement arrived`;
  return [
    `    The process that served ${count(served)} of them was killed in the middle of it (SIGKILL).`,
    `    away: ${counted(before)} (${store} keeps it until they are back)`,
    `    back: ${counted(after)}${isAll ? ": nothing is lost" : ""}`,
    ...(repeats > 0 ? [`    ${twice}${delivery === "at-least-once" ? ", as at-least-once allows" : ""}`] : []),
    ...(repeats === 0 && delivery === "exactly-once" ? ["    what they wrote stands once for each of them"] : []),
  ];
}

function counted({ deliveredCount, pendingCount, failedCount, timeoutCount }: MulticastReport): string {
  const failures = [
    failedCount > 0 && `${count(failedCount)} failed`,
    timeoutCount > 0 && `${count(timeoutCount)} timeout`,
  ];
  return [`${count(deliveredCount)} delivered`, `${count(pendingCount)} pending`, ...failures]
    .filter((part) => part !== false)
    .join(", ");
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
