/** `docs/backends.md`: every backend beside the others, as its conformance report says. */

import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { type BackendReport, readReport, type SlotReport } from "./conformance-report.ts";

const SLOTS = ["Registry", "Messaging", "Durability", "Outbox"] as const;
const ABSENT = "–";

const PARTS: Readonly<Record<string, string>> = { exact: "✓", candidates: "narrows", none: ABSENT };

const HEAD = `# Backends

Generated from the conformance reports of the packages, and compared with them by a test; not to be edited.
A number is how many cases of the kit a slot passes against its real server; each links to the report that names them. What a
trait means stands in [the slots](../packages/core/src/slots), and what is particular to a backend in its README.`;

/** The reports of all packages at `root` that fill a slot, in the order of their names. */
export function readReports(root: string): readonly BackendReport[] {
  return readdirSync(join(root, "packages"))
    .map((name) => join(root, "packages", name, "CONFORMANCE.md"))
    .filter((path) => existsSync(path))
    .map((path) => readReport(readFileSync(path, "utf8")));
}

/** The same reports give the same text. */
export function backendsMarkdown(reports: readonly BackendReport[]): string {
  const parts = [
    HEAD,
    "## What fills which slot",
    slotTable(reports),
    "## Guarantees",
    "What a composition can promise follows from its slots; [delivery](delivery.md) says what each word covers.",
    guaranteeTable(reports),
    ...SLOTS.flatMap((slot) => slotParts(slot, reports)),
  ];
  return `${parts.join("\n\n")}\n`;
}

function slotTable(reports: readonly BackendReport[]): string {
  const rows = reports.map((report) => [linkTo(report), ...SLOTS.map((slot) => passedOf(slotOf(report, slot)))]);
  return table(["backend", ...SLOTS.map((slot) => slot.toLowerCase())], rows);
}

function passedOf(slot: SlotReport | undefined): string {
  if (slot === undefined) return ABSENT;
  const others = [...slot.counts].filter(([status]) => status !== "passed" && status !== "not applicable");
  const failing = others.map(([status, count]) => `, ${count} ${status}`).join("");
  return `${slot.counts.get("passed") ?? 0}${failing}`;
}

function guaranteeTable(reports: readonly BackendReport[]): string {
  const rows = reports.map((report) => {
    const [messaging, durability] = [slotOf(report, "Messaging"), slotOf(report, "Durability")];
    return [
      report.backend,
      mark(messaging !== undefined),
      mark(durability !== undefined),
      mark(durability?.facets.get("transactions") === true),
      mark(slotOf(report, "Outbox") !== undefined),
    ];
  });
  return table(
    ["", "at-most-once", "at-least-once", "exactly-once effects", "multicast in the sender's transaction"],
    rows,
  );
}

function slotParts(slot: string, reports: readonly BackendReport[]): readonly string[] {
  const filling = reports.flatMap((report) => {
    const found = slotOf(report, slot);
    return found === undefined ? [] : [{ backend: report.backend, ...found }];
  });
  const names = filling.map(({ backend }) => backend);
  const traits = rowsOf(
    filling.map((one) => one.traits),
    (value = ABSENT) => value,
  );
  const facets = rowsOf(
    filling.map((one) => one.facets),
    (value = false) => mark(value),
  );
  const operators = rowsOf(
    filling.map((one) => one.operators),
    (value = "none") => PARTS[value] ?? ABSENT,
  );
  return [
    `## ${slot}`,
    table(["trait", ...names], traits),
    ...(facets.length > 0 ? [table(["facet", ...names], facets)] : []),
    ...(operators.length > 0 ? [PUSHDOWN, table(["operator", ...names], operators)] : []),
  ];
}

const PUSHDOWN =
  "Which part of a filter the store decides by itself: ✓ all of it; *narrows*: it hands out candidates, which are tested again; " +
  `${ABSENT}: everybody is read and tested. The result is the same.`;

function slotOf({ slots }: BackendReport, slot: string): SlotReport | undefined {
  return slots.find((one) => one.slot === slot);
}

/** A row for each key of any column, in the order in which they come. */
function rowsOf<V>(columns: readonly ReadonlyMap<string, V>[], show: (value: V | undefined) => string): string[][] {
  const keys = new Set(columns.flatMap((column) => [...column.keys()]));
  return [...keys].map((key) => [`\`${key}\``, ...columns.map((column) => show(column.get(key)))]);
}

function mark(has: boolean): string {
  return has ? "✓" : ABSENT;
}

function linkTo({ backend }: BackendReport): string {
  return `[${backend}](../packages/backend-${backend}/CONFORMANCE.md)`;
}

function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]): string => `| ${cells.join(" | ")} |`;
  return [line(head), `|${"---|".repeat(head.length)}`, ...rows.map(line)].join("\n");
}
