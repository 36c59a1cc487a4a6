/** What a `CONFORMANCE.md` says, as the conformance kit writes it. */

/** One slot of one backend. */
export interface SlotReport {
  /** `Registry`, `Messaging`, `Durability` or `Outbox`. */
  readonly slot: string;
  /** As written, by the trait's name. */
  readonly traits: ReadonlyMap<string, string>;
  /** Whether it is there, by the facet's name. */
  readonly facets: ReadonlyMap<string, boolean>;
  /** `exact`, `candidates` or `none`, by operator; empty without native filters. */
  readonly operators: ReadonlyMap<string, string>;
  /** How many of its cases ended so: `passed`, `not applicable`, … */
  readonly counts: ReadonlyMap<string, number>;
}

export interface BackendReport {
  readonly backend: string;
  readonly slots: readonly SlotReport[];
}

/** @throws Error when it is no such report. */
export function readReport(markdown: string): BackendReport {
  const [head = "", ...sections] = markdown.split(/^## /mu);
  const backend = /^# Conformance: (.+)$/mu.exec(head)?.[1];
  if (backend === undefined) throw new Error("no report of the conformance kit");
  const slots = sections.filter((section) => section.includes("\n| trait |")).map(slotReport);
  return { backend, slots };
}

function slotReport(section: string): SlotReport {
  const [slot = ""] = section.split("\n", 1);
  const tables = tablesIn(section);
  const facets = rowsUnder(tables, "facet").map(([name = "", has]) => [unquoted(name), has === "yes"] as const);
  const traits = rowsUnder(tables, "trait").map(([name = "", value = ""]) => [unquoted(name), value] as const);
  return {
    slot,
    traits: new Map(traits),
    facets: new Map(facets),
    operators: operatorsOf(rowsUnder(tables, "the registry's part")),
    counts: countsOf(tables.filter(isUnder("case")).flatMap(([, ...rows]) => rows)),
  };
}

function operatorsOf(rows: readonly (readonly string[])[]): ReadonlyMap<string, string> {
  return new Map(
    rows.flatMap(([part = "", names = ""]) => {
      const [nativeness = ""] = part.split(":", 1);
      return [...names.matchAll(/`([^`]+)`/gu)].map(({ 1: name = "" }) => [name, nativeness] as const);
    }),
  );
}

function countsOf(cases: readonly (readonly string[])[]): ReadonlyMap<string, number> {
  const counts = new Map<string, number>();
  for (const [, , status = ""] of cases) counts.set(status, (counts.get(status) ?? 0) + 1);
  return counts;
}

type Table = readonly (readonly string[])[];

/** Each with its head as the first row, without the line below it. */
function tablesIn(text: string): readonly Table[] {
  return [...text.matchAll(/(?:^\|.*\n?)+/gmu)].map(([table]) => {
    const [head = "", , ...rows] = table.trimEnd().split("\n");
    return [head, ...rows].map(cellsOf);
  });
}

function cellsOf(line: string): readonly string[] {
  return line
    .split(/(?<!\\)\|/u)
    .slice(1, -1)
    .map((cell) => cell.trim());
}

function rowsUnder(tables: readonly Table[], title: string): Table {
  return tables.find(isUnder(title))?.slice(1) ?? [];
}

function isUnder(title: string): (table: Table) => boolean {
  return ([head]) => head?.[0] === title;
}

/** `` `filters`: selects by … `` is `filters`. */
function unquoted(text: string): string {
  return /^`([^`]+)`/u.exec(text)?.[1] ?? text;
}
