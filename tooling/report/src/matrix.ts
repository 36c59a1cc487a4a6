import type { Outcome } from "./outcome.ts";

const backendName = /(?:^|-|\/)backend-(?<name>.+)$/;
const OTHER = "other tests";
const NOTHING = "-";

const backendOf = ({ project }: Outcome): string | undefined => backendName.exec(project)?.groups?.["name"];

/** `test/recovery/outage.server.test.ts` is of the suite `recovery`, `test/conformance.test.ts` of `conformance`. */
function suiteOf({ file }: Outcome): string {
  const [first = "", ...deeper] = file.replace(/^test\//, "").split("/");
  return deeper.length > 0 ? first : first.replace(/(?:\.server)?\.test(?:-d)?\.ts$/, "").replaceAll(/[-.]/g, " ");
}

function cell(outcomes: readonly Outcome[]): string {
  const sum = (count: (outcome: Outcome) => number): number => outcomes.reduce((all, one) => all + count(one), 0);
  const [passed, failed] = [sum(({ tally }) => tally.passed), sum(({ tally }) => tally.failed)];
  const isMissing = outcomes.some(({ missing }) => missing.length > 0);
  const parts = [
    ...(isMissing ? ["NOT RUN"] : []),
    ...(failed > 0 && !isMissing ? [`${failed} FAILED`] : []),
    ...(passed > 0 ? [`${passed} passed`] : []),
  ];
  return parts.join(", ") || NOTHING;
}

/** The suites that get a row: those of several backends, and those that need a server. */
function rowsOf(outcomes: readonly Outcome[]): readonly string[] {
  const backends = new Map<string, Set<string | undefined>>();
  for (const one of outcomes) {
    const suite = suiteOf(one);
    backends.set(suite, (backends.get(suite) ?? new Set()).add(backendOf(one)));
  }
  const onServers = new Set(outcomes.filter((one) => /\.server\.test/.test(one.file)).map(suiteOf));
  return [...backends].filter(([suite, names]) => names.size > 1 || onServers.has(suite)).map(([suite]) => suite);
}

/**
 * Lines of a table with a row for each suite and a column for each backend; none for a run of fewer than two backends.
 * A cell says NOT RUN where tests could not be declared for want of a server.
 */
export function matrix(all: readonly Outcome[]): readonly string[] {
  const outcomes = all.filter((one) => backendOf(one) !== undefined);
  const backends = [...new Set(outcomes.map((one) => backendOf(one) ?? ""))].sort();
  if (backends.length < 2) return [];
  const named = rowsOf(outcomes).toSorted();
  const rows = [
    ...named.map((suite) => (one: Outcome) => suiteOf(one) === suite),
    (one: Outcome) => !named.includes(suiteOf(one)),
  ];
  const cells = rows.map((isOf, row) => [
    named[row] ?? OTHER,
    ...backends.map((backend) => cell(outcomes.filter((one) => backendOf(one) === backend && isOf(one)))),
  ]);
  const lines = [["", ...backends], ...cells.filter((line) => line.slice(1).some((text) => text !== NOTHING))];
  const widths = lines[0]?.map((_, column) => Math.max(...lines.map((line) => line[column]?.length ?? 0))) ?? [];
  return lines.map((line) =>
    line
      .map((text, column) => text.padEnd(widths[column] ?? 0))
      .join("  ")
      .trimEnd(),
  );
}
