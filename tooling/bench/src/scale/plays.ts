/** What is played for `docs/scale.md`. */

import type { Play } from "../performance/promised.ts";

/** From small to large. */
const SIZES = [10_000, 100_000, 1_000_000] as const;

/** In the order of the page. Memory has the population and the slots in one process, whose heap ends before a million. */
export const SCALE_COMPOSITIONS: readonly { readonly on: string; readonly sizes: readonly number[] }[] = [
  { on: "redis+nats", sizes: SIZES },
  { on: "redis", sizes: SIZES },
  { on: "postgres+nats", sizes: SIZES },
  { on: "redis+rabbitmq", sizes: [10_000, 100_000] },
  { on: "redis+kafka", sizes: [10_000, 100_000] },
  { on: "memory", sizes: [10_000, 100_000] },
];

export const SCALE_PLAYS: readonly Play[] = SCALE_COMPOSITIONS.flatMap(({ on, sizes }) =>
  sizes.map((size) => ({ scenario: "churn", size, on })),
);
