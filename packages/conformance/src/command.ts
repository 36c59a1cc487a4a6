/** `muster-conformance`: the kit against a module, from the command line. */

import { existsSync } from "node:fs";
import { writeFile } from "node:fs/promises";
import { resolve } from "node:path";
import { pathToFileURL } from "node:url";
import { parseArgs } from "node:util";
import type { Slot } from "./case.ts";
import { type ConformanceOptions, runConformance } from "./execution.ts";
import { conformanceMarkdown } from "./markdown.ts";
import { type Misconfigured, SLOTS } from "./plan.ts";
import type { Report } from "./report.ts";
import type { CaseResult } from "./result.ts";
import type { Subject } from "./subject.ts";
import { subjectIn } from "./subject-module.ts";
import { asError } from "./thrown.ts";

const USAGE = `Usage: muster-conformance <module> [options]

<module> exports \`subject\` (or has it as its default export): a Subject, or a function that gives one. It may also
export \`options\`: pins, knownFailing, seeds and so on, as the test bindings take them.

  --only <id>         run this case only; may be repeated
  --slot <slot>       registry, messaging, durability or outbox only; may be
                      repeated
  --seed <n>          run with this seed; may be repeated (default 1)
  --filters <n>       compare so many generated filters (default 200)
  --deadline <ms>     after which a case has failed (default 30,000)
  --parallel          run cases beside each other
  --json <file>       write the report as JSON; - for standard output, without the table
  --markdown <file>   write CONFORMANCE.md, unless a case fails

Exit code: 0 passed, 1 failed, 2 misconfigured: nothing was learnt about the subject.
`;

/** Where the command writes to. */
export interface Output {
  out(text: string): void;
  err(text: string): void;
}

const EXIT = { passed: 0, failed: 1, misconfigured: 2 } as const;

/** Runs the command with the arguments behind its name; gives the exit code. Never rejects. */
export async function command(argv: readonly string[], output: Output): Promise<number> {
  try {
    const args = argumentsOf(argv);
    if (args.help) output.out(USAGE);
    return args.help ? EXIT.passed : await run(args, output);
  } catch (error) {
    output.err(`MISCONFIGURED: ${asError(error).message}\n`);
    return EXIT.misconfigured;
  }
}

async function run(args: Arguments, output: Output): Promise<number> {
  const { subject, options } = await load(args.module);
  try {
    return await examine(subject, { ...options, ...args.options }, args, output);
  } finally {
    await close(subject);
  }
}

async function examine(
  subject: Subject,
  options: ConformanceOptions,
  { json, markdown }: Arguments,
  { out, err }: Output,
): Promise<number> {
  const forPeople = json === "-" ? (): void => {} : out;
  const report = await runConformance(subject, options, (result) => forPeople(resultLine(result)));
  if (json === "-") out(jsonOf(report));
  else if (json !== undefined) await writeFile(json, jsonOf(report));
  if ("misconfigured" in report) throw new Error(report.misconfigured);
  if (markdown !== undefined && report.verdict === "failed") err(`${markdown} is left as it is: some cases failed\n`);
  else if (markdown !== undefined) await writeFile(markdown, conformanceMarkdown(report));
  forPeople(summaryLine(report));
  if (report.verdict === "failed" && json === "-") err(summaryLine(report));
  return EXIT[report.verdict];
}

interface Arguments {
  readonly help: boolean;
  readonly module: string;
  readonly options: ConformanceOptions;
  readonly json: string | undefined;
  readonly markdown: string | undefined;
}

function argumentsOf(argv: readonly string[]): Arguments {
  const { values, positionals } = parseArgs({
    args: [...argv],
    allowPositionals: true,
    options: {
      only: { type: "string", multiple: true },
      slot: { type: "string", multiple: true },
      seed: { type: "string", multiple: true },
      filters: { type: "string" },
      deadline: { type: "string" },
      parallel: { type: "boolean", default: false },
      json: { type: "string" },
      markdown: { type: "string" },
      help: { type: "boolean", short: "h", default: false },
    },
  });
  const { help, only, slot, seed, filters, deadline, parallel, json, markdown } = values;
  const [module = "", ...tooMany] = positionals;
  if (!help && (module === "" || tooMany.length > 0)) throw new Error(`name one module\n\n${USAGE}`);
  if (markdown !== undefined && (only ?? slot) !== undefined) {
    throw new Error("--markdown is about all cases: leave out --only and --slot");
  }
  const options = {
    parallel,
    ...(only && { only }),
    ...(slot && { slots: slot.map(slotOf) }),
    ...(seed && { seeds: seed.map((one) => wholeNumber("--seed", one)) }),
    ...(filters !== undefined && { filters: wholeNumber("--filters", filters) }),
    ...(deadline !== undefined && { deadlineMs: wholeNumber("--deadline", deadline) }),
  };
  return { help, module, options, json, markdown };
}

function slotOf(text: string): Slot {
  const slot = SLOTS.find((one) => one === text);
  if (slot === undefined) throw new Error(`--slot is ${SLOTS.join(" or ")}, not "${text}"`);
  return slot;
}

function wholeNumber(flag: string, text: string): number {
  const number = Number(text);
  if (text === "" || !Number.isSafeInteger(number) || number < 0)
    throw new Error(`${flag} is a whole number, not "${text}"`);
  return number;
}

async function load(path: string): ReturnType<typeof subjectIn> {
  if (!existsSync(path)) throw new Error(`there is no file ${path}`);
  return subjectIn(pathToFileURL(resolve(path)));
}

async function close(subject: Subject): Promise<void> {
  try {
    await subject.close?.();
  } catch (error) {
    throw new Error(`${subject.name} could not be closed: ${asError(error).message}`, { cause: error });
  }
}

function jsonOf(report: Report | Misconfigured): string {
  return `${JSON.stringify(report, undefined, 2)}\n`;
}

function resultLine({ id, status, elapsedMs, error, why }: CaseResult): string {
  const time = elapsedMs > 0 ? `  ${elapsedMs.toFixed(0)} ms` : "";
  const more = (error?.message ?? why)?.replaceAll("\n", "\n    ");
  return `${(status === "failed" ? "FAILED" : status).padEnd(16)}${id}${time}\n${more === undefined ? "" : `    ${more}\n`}`;
}

function summaryLine({ subject, verdict, seeds, counts }: Report): string {
  const numbers = Object.entries(counts).map(([status, count]) => `${count} ${status}`);
  return `${verdict === "passed" ? "PASSED" : "FAILED"}: ${subject}: ${numbers.join(", ")} (seed ${seeds.join(", ")})\n`;
}
