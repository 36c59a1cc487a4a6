/** One step of the story: what is shown of it, and whether that is what it should be. */

import { isDeepStrictEqual } from "node:util";

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

export function formatStep({ title, lines, disagreements }: Step, colours: boolean): string {
  const paint = (code: number, text: string): string => (colours ? `\u001B[${code}m${text}\u001B[0m` : text);
  const mark = disagreements.length === 0 ? paint(32, "✓") : paint(31, "✗");
  const shown = [...lines, ...disagreements.map((sentence) => paint(31, sentence))].map((line) => `    ${line}\n`);
  return `\n${mark} ${paint(1, title)}\n${shown.join("")}`;
}
