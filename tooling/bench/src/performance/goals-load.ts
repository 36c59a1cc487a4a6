import type { Section } from "./promised.ts";

export const LOAD_GOALS: readonly Section[] = [
  {
    title: "A million in one process",
    about: "What a multicast costs a process besides time.",
    goals: [
      {
        scenario: "multicast-memory",
        size: 1_000_000,
        what: "In memory, 1,000,000 on one fleet that sends and receives: growth of memory",
        row: "growth of rss, highest of all rounds",
        unit: "MB",
        goal: { atMost: 100 },
      },
      {
        scenario: "multicast-memory",
        size: 1_000_000,
        what: "… longest stretch of code that holds the event loop",
        row: "longest stretch, without collector",
        unit: "ms",
        goal: { atMost: 50 },
      },
    ],
  },
];
