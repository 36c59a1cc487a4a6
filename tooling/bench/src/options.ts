/** The command line of `pnpm bench`. */

import { parseArgs } from "node:util";

export interface Options {
  readonly kind: "run";
  /** At least one, in the order they run. */
  readonly scenarios: readonly string[];
  /** Absent: each scenario's own. */
  readonly size?: number;
  readonly rounds: number;
  /** Absent: each scenario's own. */
  readonly seconds?: number;
  /** A file, or `-` for stdout. */
  readonly json?: string;
}

export type CommandLine = Options | { readonly kind: "help" } | { readonly kind: "mistake"; readonly message: string };

const DEFAULT_ROUNDS = 9;

/** Reads the arguments behind the program's name; never throws. No scenario means all of `known`. */
export function parseCommandLine(argv: readonly string[], known: readonly string[]): CommandLine {
  try {
    const { values, positionals } = parseArgs({ args: [...argv], options: OPTIONS, allowPositionals: true });
    if (values.help === true) return { kind: "help" };
    const unknown = positionals.find((name) => !known.includes(name));
    if (unknown !== undefined) throw new Error(`There is no scenario "${unknown}".`);
    return {
      kind: "run",
      scenarios: positionals.length === 0 ? [...known] : [...new Set(positionals)],
      rounds: values.rounds === undefined ? DEFAULT_ROUNDS : countOf("--rounds", values.rounds),
      ...(values.size === undefined ? {} : { size: countOf("--size", values.size) }),
      ...(values.seconds === undefined ? {} : { seconds: countOf("--seconds", values.seconds) }),
      ...(values.json === undefined ? {} : { json: fileOf(values.json) }),
    };
  } catch (error) {
    return { kind: "mistake", message: error instanceof Error ? error.message : String(error) };
  }
}

export function usage(scenarios: readonly { readonly name: string; readonly about: string }[]): string {
  const width = Math.max(...scenarios.map(({ name }) => name.length));
  return [
    "Usage: pnpm bench [scenario…] [--size N] [--rounds N] [--seconds N] [--json FILE|-]",
    "",
    ...scenarios.map(({ name, about }) => `  ${name.padEnd(width)}  ${about}`),
    "",
    "  --size N     documents or identities; default: each scenario's own",
    `  --rounds N   how often every contender is timed; default ${DEFAULT_ROUNDS}`,
    "  --seconds N  how long a load lasts, where there is one; default: each scenario's own",
    "  --json FILE  also write the results there; - is stdout, the table then goes to stderr",
    "",
    "Exit code: 0, whatever the times; 1 when contenders disagree or a scenario breaks; 2 for a wrong command line.",
  ].join("\n");
}

const OPTIONS = {
  size: { type: "string" },
  rounds: { type: "string" },
  seconds: { type: "string" },
  json: { type: "string" },
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
