import type { Promised, Section } from "./promised.ts";

const MIXED = { scenario: "mixed", size: 10_000 } as const;

function survived(load: string): readonly Promised[] {
  const first = `${load}: requests without an answer`;
  const none = { ...MIXED, unit: "", goal: { atMost: 0 } } as const;
  return [
    { ...none, what: `A ${load}: requests without an answer`, row: first },
    { ...none, what: "… messages not delivered", row: `${first} … messages not delivered` },
    { ...none, what: "… messages delivered and not received", row: `${first} … messages delivered and not received` },
    {
      ...MIXED,
      what: "… last answer behind the last request",
      row: `${first} … last answer behind the last request`,
      unit: "ms",
      goal: { atMost: 1_000 },
    },
  ];
}

export const LOAD_GOALS: readonly Section[] = [
  {
    title: "Under load",
    about:
      "The load test of the pattern's proof of concept on Redis and NATS: half registers, three tenths enumerates, two tenths multicasts to everyone, sent when they are due, beginning with 10,000 identities on 20 nodes. 100 requests/s for 60 s, 300/s for 40 s.",
    goals: [
      ...survived("load of 100/s"),
      {
        ...MIXED,
        what: "… 99 % of the multicasts within",
        row: "load of 100/s: requests without an answer … 99 % of the multicasts within",
        unit: "ms",
        goal: { atMost: 20 },
      },
      ...survived("load of 300/s"),
    ],
  },
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
