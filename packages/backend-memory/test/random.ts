/** Choices from a seeded source. */

import type { Random } from "@muster/filter/corpus";

/** From 0 to `below` − 1. */
export function int(random: Random, below: number): number {
  return Math.floor(random() * below);
}

export function pick<const T>(random: Random, choices: readonly [T, ...T[]]): T {
  return choices[int(random, choices.length)] ?? choices[0];
}
