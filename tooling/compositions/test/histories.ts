/** How many histories, and which: 15 seeds of each, or `MUSTER_HISTORIES`; `MUSTER_SEED` is the first. */

const FIRST = Number(process.env["MUSTER_SEED"] ?? 1);
const COUNT = Number(process.env["MUSTER_HISTORIES"] ?? 15);

export function histories(...ways: readonly string[]): { only: readonly string[]; seeds: readonly number[] } {
  return {
    only: ways.map((way) => `pattern/${way}/history`),
    seeds: Array.from({ length: COUNT }, (_, index) => FIRST + index),
  };
}
