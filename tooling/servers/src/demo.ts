/** For examples on real servers: a story that is told step by step, checked, and shown to people or to programs. */

import { once } from "node:events";
import { isDeepStrictEqual, parseArgs } from "node:util";

/** One step of the story: what is shown of it, and whether that is what it should be. */
export interface Step {
  readonly title: string;
  /** For people. */
  readonly lines: readonly string[];
  /** For programs: everything that the lines tell, and that was checked. */
  readonly facts: Readonly<Record<string, unknown>>;
  /** Sentences; empty: all is as it should be. */
  readonly disagreements: readonly string[];
}

/** A step whose facts must be exactly the `expected` ones. */
export function step(title: string, lines: readonly string[], facts: Step["facts"], expected: Step["facts"]): Step {
  const disagreements = Object.entries(expected)
    .filter(([name, value]) => !isDeepStrictEqual(facts[name], value))
    .map(([name, value]) => `${name}: ${JSON.stringify(facts[name])} instead of ${JSON.stringify(value)}`);
  return { title, lines, facts, disagreements };
}

function formatStep({ title, lines, disagreements }: Step, colours: boolean): string {
  const paint = (code: number, text: string): string => (colours ? `\u001B[${code}m${text}\u001B[0m` : text);
  const mark = disagreements.length === 0 ? paint(32, "✓") : paint(31, "✗");
  const shown = [...lines, ...disagreements.map((sentence) => paint(31, sentence))].map((line) => `    ${line}\n`);
  return `\n${mark} ${paint(1, title)}\n${shown.join("")}`;
}

/** Who hears a story. */
export interface Audience {
  /** Sees each step as soon as it is over. */
  readonly show: (step: Step) => void;
  /** Resolves when nobody wants to hear more: Ctrl-C. */
  readonly gone: Promise<unknown>;
}

/** Tells to the end, or until the audience is gone, even in the middle of a step. */
export async function tell(telling: AsyncGenerator<Step, void, undefined>, { show, gone }: Audience): Promise<void> {
  const isGone = gone.then(() => undefined);
  for (;;) {
    const next = await Promise.race([telling.next(), isGone]);
    if (next === undefined || next.done === true) return;
    show(next.value);
  }
}

/**
 * Runs a demo as its arguments say: each step as it comes, or one JSON document at the end. `play` tells the story, and
 * whatever it has started for it has ended when it resolves.
 *
 * The exit code: 0 all is as it should be, 1 something is not, 2 the command line was wrong, 130 Ctrl-C.
 *
 * @param name the example's package, for the usage.
 * @param grounds what it can be played on, by the names that `--on` takes; the first is what it is played on without.
 */
export async function runDemo(
  name: string,
  play: (audience: Audience, on: string) => Promise<void>,
  grounds: readonly string[] = [],
): Promise<number> {
  const options = readOptions(grounds);
  if (options === undefined || options.help) {
    (options === undefined ? process.stderr : process.stdout).write(usageOf(name, grounds));
    return options === undefined ? 2 : 0;
  }
  const colours = process.stdout.isTTY && (process.env["NO_COLOR"] ?? "") === "";
  const steps: Step[] = [];
  const show = (step: Step): void => {
    steps.push(step);
    if (!options.json) process.stdout.write(formatStep(step, colours));
  };
  let isInterrupted = false;
  const gone = Promise.race([once(process, "SIGINT"), once(process, "SIGTERM")]).then(() => {
    isInterrupted = true;
  });
  try {
    await play({ show, gone }, options.on);
  } catch (error) {
    process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
    return 1;
  }
  return isInterrupted ? 130 : conclude(steps, options.json);
}

function usageOf(name: string, grounds: readonly string[]): string {
  const isPlain = grounds.length === 0;
  return `Usage: npx -y pnpm@10.34.9 --filter ${name} demo ${isPlain ? "" : "[--on …] "}[--json]

${isPlain ? "" : `  --on      ${grounds.join(" | ")}\n`}  --json    one JSON document on stdout and nothing else
  --help    this text
`;
}

interface DemoOptions {
  readonly json: boolean;
  readonly help: boolean;
  readonly on: string;
}

function readOptions(grounds: readonly string[]): DemoOptions | undefined {
  try {
    const flag = { type: "boolean", default: false } as const;
    const common = { json: flag, help: { ...flag, short: "h" } } as const;
    const [first] = grounds;
    if (first === undefined) return { ...parseArgs({ options: common }).values, on: "" };
    const { values } = parseArgs({ options: { ...common, on: { type: "string", default: first } } });
    if (grounds.includes(values.on)) return values;
    throw new Error(`Unknown '--on ${values.on}'`);
  } catch (error) {
    process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n\n`);
    return undefined;
  }
}

function conclude(steps: readonly Step[], json: boolean): number {
  const agree = steps.length > 0 && steps.every(({ disagreements }) => disagreements.length === 0);
  const told = steps.map(({ title, facts, disagreements }) => ({ title, ...facts, disagreements }));
  if (json) process.stdout.write(`${JSON.stringify({ steps: told, agree }, null, 2)}\n`);
  else process.stdout.write(agree ? "\nAll of it is as it should be.\n" : "\nNot all of it is as it should be.\n");
  return agree ? 0 : 1;
}
