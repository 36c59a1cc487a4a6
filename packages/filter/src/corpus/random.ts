/** Numbers in [0, 1). */
export type Random = () => number;

/** A repeatable source of numbers (mulberry32); the same seed gives the same sequence everywhere. */
export function seededRandom(seed: number): Random {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** A whole number from 0 to `below` − 1. */
export function int(random: Random, below: number): number {
  return Math.floor(random() * below);
}

export function pick<const T>(random: Random, choices: readonly [T, ...T[]]): T {
  return choices[int(random, choices.length)] ?? choices[0];
}
