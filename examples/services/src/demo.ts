/** How a story is told on a terminal or to a program, and what the exit code says about it. */

import { once } from "node:events";
import { parseArgs } from "node:util";
import { formatStep, type Step } from "./step.ts";

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

/** The exit code: 0 all is as it should be, 1 something is not, 2 the command line was wrong, 130 Ctrl-C. */
export async function runDemo(usage: string, play: (audience: Audience) => Promise<void>): Promise<number> {
  const options = readOptions();
  if (options === undefined || options.help) {
    (options === undefined ? process.stderr : process.stdout).write(usage);
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
    await play({ show, gone });
  } catch (error) {
    process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
    return 1;
  }
  return isInterrupted ? 130 : conclude(steps, options.json);
}

function readOptions(): { readonly json: boolean; readonly help: boolean } | undefined {
  try {
    const json = { type: "boolean", default: false } as const;
    return parseArgs({ options: { json, help: { ...json, short: "h" } } }).values;
  } catch (error) {
    process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n\n`);
    return undefined;
  }
}

function conclude(steps: readonly Step[], json: boolean): number {
  const agree = steps.every(({ disagreements }) => disagreements.length === 0);
  const told = steps.map(({ title, facts, disagreements }) => ({ title, ...facts, disagreements }));
  if (json) process.stdout.write(`${JSON.stringify({ steps: told, agree }, null, 2)}\n`);
  else process.stdout.write(agree ? "\nAll of it is as it should be.\n" : "\nNot all of it is as it should be.\n");
  return agree ? 0 : 1;
}
