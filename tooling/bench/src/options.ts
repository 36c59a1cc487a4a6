/** The command line of `pnpm bench`. */

import { parseArgs } from "node:util";
import { compositionOf, COMPOSITIONS } from "./compositions.ts";

export interface Options {
  readonly kind: "run";
  /** At least one, in the order they run. */
  readonly scenarios: readonly string[];
  /** Absent: each scenario's own. */
  readonly size?: number;
  readonly rounds: number;
  /** Absent: each scenario's own. */
  readonly seconds?: number;
  /** A composition of backends, by name; absent: what each scenario is about by itself. */
  readonly on?: string;
  /** A file, or `-` for stdout. */
  readonly json?: string;
}

/** `report`: what is promised is played and stored, and the page about it written. */
export interface ReportOptions extends Pick<Options, "scenarios" | "size" | "rounds" | "seconds" | "on"> {
  readonly kind: "report";
  /** `write`: plays nothing. `check`: writes nothing either. */
  readonly mode: "play" | "write" | "check";
}

export type CommandLine =
  | Options
  | ReportOptions
  | { readonly kind: "help" }
  | { readonly kind: "mistake"; readonly message: string };

const DEFAULT_ROUNDS = 9;

/**
 * Reads the arguments behind the program's name; never throws. No scenario means all of `known`, on a composition all of
 * `composable`, and for a report everything that is promised.
 */
export function parseCommandLine(
  argv: readonly string[],
  known: readonly string[],
  composable: readonly string[] = [],
): CommandLine {
  try {
    const { values, positionals } = parseArgs({ args: [...argv], options: OPTIONS, allowPositionals: true });
    if (values.help === true) return { kind: "help" };
    const isReport = positionals[0] === "report";
    const names = [...new Set(isReport ? positionals.slice(1) : positionals)];
    const unknown = names.find((name) => !known.includes(name));
    if (unknown !== undefined) throw new Error(`There is no scenario "${unknown}". There are: ${known.join(", ")}.`);
    if (values.on !== undefined) checkComposition(values.on, names, composable);
    const settings = {
      rounds: values.rounds === undefined ? DEFAULT_ROUNDS : countOf("--rounds", values.rounds),
      ...(values.size === undefined ? {} : { size: countOf("--size", values.size) }),
      ...(values.seconds === undefined ? {} : { seconds: countOf("--seconds", values.seconds) }),
      ...(values.on === undefined ? {} : { on: values.on }),
    };
    const { stored = false, check = false } = values;
    if (isReport) {
      if (values.json !== undefined) throw new Error("A report has its own files: --json is not for it.");
      return { kind: "report", scenarios: names, mode: check ? "check" : stored ? "write" : "play", ...settings };
    }
    if (stored || check) throw new Error("--stored and --check are for a report.");
    return {
      kind: "run",
      scenarios: names.length > 0 ? names : [...(values.on === undefined ? known : composable)],
      ...settings,
      ...(values.json === undefined ? {} : { json: fileOf(values.json) }),
    };
  } catch (error) {
    return { kind: "mistake", message: error instanceof Error ? error.message : String(error) };
  }
}

/** @throws Error for a composition that there isn't, and for a scenario that is about certain backends. */
function checkComposition(on: string, names: readonly string[], composable: readonly string[]): void {
  compositionOf(on);
  const bound = names.find((name) => !composable.includes(name));
  if (bound === undefined) return;
  throw new Error(`"${bound}" is about certain backends: --on is for ${composable.join(", ")}.`);
}

export function usage(
  scenarios: readonly { readonly name: string; readonly about: string; readonly runOn?: unknown }[],
): string {
  const width = Math.max(...scenarios.map(({ name }) => name.length));
  return [
    "Usage: pnpm bench [scenario…] [--on COMPOSITION] [--size N] [--rounds N] [--seconds N] [--json FILE|-]",
    "       pnpm bench report [scenario…] [--on COMPOSITION] [--size N] [--rounds N] [--seconds N] [--stored|--check]",
    "",
    ...scenarios.map(({ name, about, runOn }) => `${runOn === undefined ? " " : "*"} ${name.padEnd(width)}  ${about}`),
    "",
    "  --on NAME    plays those with a * on backends of your choice, beside the same in memory:",
    ...COMPOSITIONS.split("\n").map((line) => `               ${line}`),
    "  --size N     documents or identities; default: each scenario's own",
    `  --rounds N   how often every contender is timed; default ${DEFAULT_ROUNDS}`,
    "  --seconds N  how long a load lasts, where there is one; default: each scenario's own",
    "  --json FILE  also write the results there; - is stdout, the table then goes to stderr",
    "",
    "report plays what docs/performance.md promises something of, stores the results and writes the page anew.",
    "  --stored     plays nothing",
    "  --check      plays and writes nothing; exit code 1 when the page isn't what the stored results say",
    "",
    "Exit code: 0, whatever the times; 1 when contenders disagree or a scenario breaks; 2 for a wrong command line.",
  ].join("\n");
}

const OPTIONS = {
  size: { type: "string" },
  rounds: { type: "string" },
  seconds: { type: "string" },
  on: { type: "string" },
  json: { type: "string" },
  stored: { type: "boolean" },
  check: { type: "boolean" },
  help: { type: "boolean", short: "h" },
} as const;

function countOf(option: string, text: string): number {
  const value = Number(text);
  if (/^\d+$/u.test(text) && Number.isSafeInteger(value) && value > 0) return value;
  throw new Error(`${option} takes a whole number above 0, not "${text}".`);
}

function fileOf(text: string): string {
  if (text !== "") return text;
  throw new Error("--json takes a file name or -.");
}
