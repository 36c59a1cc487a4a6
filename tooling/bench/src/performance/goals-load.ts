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

function million(scenario: string, parts: readonly Omit<Promised, "scenario" | "size">[]): readonly Promised[] {
  return parts.map((part) => ({ scenario, size: 1_000_000, ...part }));
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
    title: "A million",
    about:
      "What a multicast to a million costs besides time, how costs grow until there, and what it costs when nothing happens.",
    goals: [
      ...million("nats-memory", [
        {
          what: "NATS, 1 KiB to 1,000,000 identity addresses on Redis: growth of the sender's memory",
          row: "growth of rss, highest of all rounds",
          unit: "MB",
          goal: { atMost: 100, floor: 150 },
        },
        {
          what: "… longest stretch of code that holds the event loop",
          row: "longest stretch, without collector",
          unit: "ms",
          goal: { atMost: 50 },
        },
      ]),
      ...million("nats-memory-read", [
        {
          what: "… that keeps nobody's place, but reads everyone each time: growth of the sender's memory",
          row: "growth of rss, highest of all rounds",
          unit: "MB",
          goal: { atMost: 100, floor: 150 },
        },
      ]),
      ...million("multicast-memory", [
        {
          what: "In memory, 1,000,000 on one fleet that sends and receives: growth of memory",
          row: "growth of rss, highest of all rounds",
          unit: "MB",
          goal: { atMost: 100 },
        },
        {
          what: "… longest stretch of code that holds the event loop",
          row: "longest stretch, without collector",
          unit: "ms",
          goal: { atMost: 50 },
        },
      ]),
      ...million("identity-growth", [
        {
          what: "Redis and NATS, identity addresses: cost of one of 1,000,000 ÷ of one of 10,000",
          row: "cost of one / of one of a hundredth",
          unit: "×",
          goal: { atMost: 1.5, floor: 2 },
        },
      ]),
      ...million("node-growth", [
        {
          what: "Redis and NATS, on 20 nodes: cost of one of 1,000,000 ÷ of one of 10,000",
          row: "cost of one / of one of a hundredth",
          unit: "×",
          goal: { atMost: 2.5, floor: 3 },
        },
      ]),
      ...million("sessions", [
        {
          what: "1,000,000 registrations of 200 sessions on Redis, TTL 30 s: cores to keep them, server included",
          row: "cores, of all processes and the server",
          unit: "",
          goal: { atMost: 0.05, floor: 0.2 },
        },
      ]),
    ],
  },
];
