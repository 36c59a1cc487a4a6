import type { Promised, Section } from "./promised.ts";

type Part = Pick<Promised, "what" | "row" | "goal"> & Partial<Pick<Promised, "unit">>;

function at(scenario: string, size: number, parts: readonly Part[]): readonly Promised[] {
  return parts.map((part) => ({ scenario, size, unit: "×", ...part }));
}

function selective(size: number): readonly Promised[] {
  return at("postgres-enumerate", size, [
    {
      what: `PostgreSQL, 0.1 % of ${size.toLocaleString("en")} by an index: time ÷ hand-written SQL`,
      row: "time of 0.1 % by index / hand-written SQL",
      goal: { atMost: 1.3 },
    },
  ]);
}

function firstPages(scenario: string, store: string, byHand: string): readonly Promised[] {
  const row = "time of the first page / by hand";
  return at(scenario, 1_000_000, [
    {
      what: `${store}, the first 100 of an equality with an index, of 1,000,000: time ÷ ${byHand}`,
      row,
      goal: { atMost: 1.3, floor: 1.5 },
    },
    { what: "… ÷ the same of 10,000", row: `${row} … / the same of a hundredth`, goal: { atMost: 1.3 } },
  ]);
}

function slowest(size: number): readonly Promised[] {
  return at("redis-slowlog", size, [
    {
      what: `Redis, a multicast to ${size.toLocaleString("en")}: the longest command`,
      row: "longest command of: multicast",
      unit: "ms",
      goal: { atMost: 25 },
    },
    {
      what: "… commands without a bound, in everything that is done",
      row: "KEYS, HGETALL, SMEMBERS, SINTER and their like",
      unit: "",
      goal: { atMost: 0 },
    },
  ]);
}

export const REGISTRY_GOALS: readonly Section[] = [
  {
    title: "Registering",
    about: "Against the bare driver's way to write the same documents.",
    goals: [
      ...at("redis-register", 10_000, [
        {
          what: "Redis, one by one ÷ SET PX",
          row: "speed of register, one by one / SET",
          goal: { atLeast: 0.75 },
        },
        {
          what: "Redis, 10,000 at once ÷ pipelined SET PX",
          row: "speed of register, all at once / pipelined SET",
          goal: { atLeast: 0.7, floor: 0.5 },
        },
      ]),
      ...at("postgres-register", 10_000, [
        {
          what: "PostgreSQL, 10,000 at once ÷ COPY into the same tables",
          row: "speed of register, all at once / COPY",
          goal: { atLeast: 0.45, floor: 0.3 },
        },
      ]),
      ...at("sqlite-register", 10_000, [
        {
          what: "SQLite, 10,000 at once ÷ inserts in one transaction",
          row: "speed of register, all at once / inserts",
          goal: { atLeast: 0.5 },
        },
      ]),
    ],
  },
  {
    title: "Finding",
    about: "Against what one writes by hand for the same question.",
    goals: [
      ...at("redis-enumerate", 100_000, [
        {
          what: "Redis, 2 % of 100,000 by an index: time ÷ everyone",
          row: "time of 2 % by index / everyone",
          goal: { atMost: 0.05 },
        },
        {
          what: "Redis, 100,000 without an index: time ÷ HSCAN of a hash of JSON, parsed",
          row: "time of an unindexed filter / bare HSCAN",
          goal: { atMost: 1.2 },
        },
      ]),
      ...selective(100_000),
      ...selective(1_000_000),
      ...firstPages("redis-page", "Redis", "ZRANGE and MGET"),
      ...firstPages("postgres-page", "PostgreSQL", "hand-written SQL, prepared"),
      ...at("postgres-page", 1_000_000, [
        {
          what: "… ÷ hand-written SQL that is planned each time, as Muster's is",
          row: "time of the first page / by hand … / by hand, planned each time",
        },
      ]),
      ...slowest(100_000),
      ...slowest(1_000_000),
      ...at("scan", 100_000, [
        {
          what: "In memory, 100,000 without an index: time ÷ a loop over an array",
          row: "time of unindexed scan / hand-written loop",
          goal: { atMost: 1.3 },
        },
        {
          what: "In memory, 0.1 % of 100,000 by an index ÷ by a scan",
          row: "speed of 0.1 % by index / the same by scan",
          goal: { atLeast: 10 },
        },
      ]),
      ...at("filter", 100_000, [
        {
          what: "A compiled filter ÷ a hand-written predicate",
          row: "speed of compileFilter / hand-written",
          goal: { atLeast: 0.6 },
        },
        {
          what: "A compiled filter ÷ the better of mingo and sift",
          row: "speed of compileFilter / better of mingo and sift",
          goal: { atLeast: 6 },
        },
      ]),
    ],
  },
];
