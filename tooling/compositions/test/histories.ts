/** How many histories, and which: 15 seeds of each, or `MUSTER_HISTORIES`; `MUSTER_SEED` is the first. */

/** Processes take their time to start. */
export const DEADLINE_MS = 120_000;
const FIRST = Number(process.env["MUSTER_SEED"] ?? 1);
const COUNT = Number(process.env["MUSTER_HISTORIES"] ?? 15);

interface PatternOptions {
  readonly only: readonly string[];
  readonly seeds: readonly number[];
  readonly deadlineMs: number;
  readonly parallel: true;
}

/** Of these: `durable/history`, `durable/outbox-history`. */
export function histories(...names: readonly string[]): PatternOptions {
  return {
    deadlineMs: DEADLINE_MS,
    parallel: true,
    only: names.map((name) => `pattern/${name}`),
    seeds: Array.from({ length: COUNT }, (_, index) => FIRST + index),
  };
}
