/** How a story is told on a terminal or to a program, and what the exit code says about it. */

import { parseArgs } from "node:util";
import { MissingServerError } from "@muster/servers";
import { formatStep, type Step } from "./step.ts";

/** Passes each step on as soon as it is over; rejects soon after its signal aborts, when all is cleaned up. */
export type Play = (onStep: (step: Step) => void, signal: AbortSignal) => Promise<void>;

/** All steps of `telling`, unless the signal aborts first. @throws the signal's reason, even in the middle of a step. */
export async function tell(telling: AsyncGenerator<Step>, ...[onStep, signal]: Parameters<Play>): Promise<void> {
  const aborted = new Promise<never>((_, reject) => {
    if (signal.aborted) reject(signal.reason);
    signal.addEventListener("abort", () => reject(signal.reason), { once: true });
  });
  for (;;) {
    const { done, value } = await Promise.race([telling.next(), aborted]);
    if (done === true) return;
    onStep(value);
  }
}

/** The exit code: 0 all is as it should be, 1 something is not, 130 interrupted. */
export async function runDemo(usage: string, play: Play): Promise<number> {
  const { json, help } = parseArgs({
    options: { json: { type: "boolean", default: false }, help: { type: "boolean", short: "h", default: false } },
  }).values;
  const colours = process.stdout.isTTY && (process.env["NO_COLOR"] ?? "") === "";
  const interruption = new AbortController();
  process.once("SIGINT", () => interruption.abort());
  const steps: Step[] = [];
  if (help) {
    process.stdout.write(usage);
    return 0;
  }
  try {
    await play((step) => {
      steps.push(step);
      if (!json) process.stdout.write(formatStep(step, colours));
    }, interruption.signal);
  } catch (error) {
    if (interruption.signal.aborted) return 130;
    process.stderr.write(error instanceof MissingServerError ? `${error.message}\n` : `${String(error)}\n`);
    return 1;
  }
  return conclude(steps, json);
}

function conclude(steps: readonly Step[], json: boolean): number {
  const agree = steps.length > 0 && steps.every(({ disagreements }) => disagreements.length === 0);
  const told = steps.map(({ title, facts, disagreements }) => ({ title, ...facts, disagreements }));
  if (json) process.stdout.write(`${JSON.stringify({ steps: told, agree }, null, 2)}\n`);
  else process.stdout.write(agree ? "\nAll of it is as it should be.\n" : "\nNot all of it is as it should be.\n");
  return agree ? 0 : 1;
}
