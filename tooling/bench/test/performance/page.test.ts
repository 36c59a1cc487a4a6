/** `vitest -u` writes `docs/performance.md` and its pictures anew, and so does `pnpm bench report --stored`. */

import { readdirSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";
import { PROMISED } from "../../src/performance/goals.ts";
import { nameOf, type Promised, qualifiedNames, type Section } from "../../src/performance/promised.ts";
import { UNEXPLAINED } from "../../src/performance/limits.ts";
import { pageFiles } from "../../src/performance/page.ts";
import { ALL_PLAYS, chosenPlays, currentPages } from "../../src/performance/reporting.ts";
import { type Stored, storedOf } from "../../src/performance/results.ts";
import { reportOf } from "../../src/report.ts";
import { type Row, rowOf } from "../../src/scenario.ts";
import { SCENARIOS } from "../../src/scenarios/catalogue.ts";

const PROMISE: Promised = {
  scenario: "scan",
  size: 20_000,
  what: "A scan ÷ a loop",
  row: "speed of scan",
  unit: "×",
  goal: { atLeast: 3, floor: 2 },
};
const SECTION: Section = { title: "Reading", about: "Of everything.", goals: [PROMISE] };

function stored(rows: readonly Row[], rounds = 9, busy = 0): Stored {
  const result = { scenario: "scan", size: 20_000, rounds, servers: {}, elapsedMs: 1, rows, timings: [] };
  const { machine, ...others } = storedOf(reportOf([result], { busyBefore: busy, busyAfter: 0 }));
  return { ...others, machine: { ...machine, cpu: "Fast", cores: 2, node: "v20.1.0" } };
}

function page(...results: readonly Stored[]): string {
  const [first] = pageFiles([SECTION], new Map(results.map((one) => [nameOf(one), one])));
  return first?.text ?? "";
}

const STORED_FILES = currentPages();

test.each(STORED_FILES)("$path is what the stored results say", async ({ path, text }) => {
  await expect(text).toMatchFileSnapshot(`../../../../${path}`);
});

test("every file of results is one that the page knows", () => {
  const folder = fileURLToPath(new URL("../../../../docs/performance/", import.meta.url));
  const known = [
    ...ALL_PLAYS.map((play) => `${nameOf(play)}.json`),
    ...STORED_FILES.map(({ path }) => path.replace("docs/performance/", "")),
  ];
  expect(readdirSync(folder).filter((name) => !known.includes(name))).toEqual([]);
});

test("everything that is promised is of a scenario that there is", () => {
  expect(PROMISED.filter(({ scenario }) => !SCENARIOS.has(scenario))).toEqual([]);
  expect(PROMISED.length).toBeGreaterThan(20);
});

test("a report of some scenarios, or of one size, plays those alone", () => {
  expect(chosenPlays({ scenarios: [] })).toEqual(ALL_PLAYS);
  expect(chosenPlays({ scenarios: ["filter"] })).toEqual([{ scenario: "filter", size: 100_000 }]);
  expect(chosenPlays({ scenarios: ["nats-identity"], size: 1_000_000 })).toEqual([
    { scenario: "nats-identity", size: 1_000_000 },
  ]);
  expect(chosenPlays({ scenarios: ["filter"], size: 7 })).toEqual([]);
  expect(chosenPlays({ scenarios: [], on: "redis", size: 10_000 })).toEqual([
    { scenario: "churn", size: 10_000, on: "redis" },
  ]);
});

test("a row says floor, goal, median, middle half, verdict and what makes it again", () => {
  expect(page(stored([rowOf("speed of scan", "×", [2.4, 2.5, 2.6])]))).toContain(
    "| A scan ÷ a loop | 2 | ≥ 3 × | **2.50** × | 2.45 – 2.55 | floor met | 9, 0 % | `scan --size 20000` |",
  );
});

test.each([
  [3, 0],
  [9, 0.25],
])("%i rounds on a machine of which others take %d are preliminary", (rounds, busy) => {
  expect(page(stored([rowOf("speed of scan", "×", [4])], rounds, busy))).toContain(`| ${rounds}, ${100 * busy} % † |`);
});

test("a load of another duration says so, and is preliminary", () => {
  const text = page({ ...stored([rowOf("speed of scan", "×", [4])]), seconds: 20 });
  expect(text).toContain("| 9 of 20 s, 0 % † |");
  expect(text).toContain("0 are not measured.\nOf what was measured 1 are preliminary, and to be measured again.\n");
});

test("what is played once is not preliminary for that", () => {
  const once = { ...stored([rowOf("speed of scan", "×", [4])], 1), isPlayedOnce: true };
  expect(page(once)).toContain("| 1, 0 % | `scan --size 20000` |");
});

test("what was not played is not measured, and there is no picture of it", () => {
  const files = pageFiles([SECTION], new Map());
  expect(files.map(({ path }) => path)).toEqual(["docs/performance.md"]);
  expect(files[0]?.text).toContain("| – | – | not measured | – | `scan --size 20000` |");
  expect(files[0]?.text).toContain("Of 1 goals **0 are met**, of 0 the floor, 0 are missed, 1 are not measured.");
});

test("what is only shown has neither goal nor verdict, and counts for none", () => {
  const { goal, ...shown } = PROMISE;
  expect(goal).toBeDefined();
  const results = new Map([["scan-20000", stored([rowOf("speed of scan", "×", [2.4, 2.5, 2.6])])]]);
  const [{ text } = expect.fail()] = pageFiles([{ ...SECTION, goals: [shown] }], results);
  expect(text).toContain("| A scan ÷ a loop | – | – | **2.50** × | 2.45 – 2.55 |  | 9, 0 % |");
  expect(text).toContain("Of 0 goals");
});

test("a result without the row that a goal names has to be played again", () => {
  expect(() => page(stored([rowOf("something else", "×", [1])]))).toThrow('scan-20000.json has no row "speed of scan"');
});

test("what misses its floor stands below with by how much, and what misses its goal alone does not", () => {
  const text = page(stored([rowOf("speed of scan", "×", [1.5])]));
  expect(text).toContain("\n- `scan --size 20000`: 1.50 × (≥ 2 ×, 25 % short). ");
  expect(page(stored([rowOf("speed of scan", "×", [2.5])]))).not.toContain("## What is missed");
});

test("whatever is missed has its reason", () => {
  expect(STORED_FILES[0]?.text).toContain("Of ");
  expect(STORED_FILES[0]?.text).not.toContain(UNEXPLAINED);
});

test("the machine and its servers are named once", () => {
  const text = page({ ...stored([rowOf("speed of scan", "×", [4])]), servers: { redis: "7.0", nats: "2.9" } });
  expect(text).toContain("- 2 cores of Fast, linux x64, Node 20.1.0\n\nwith nats 2.9, redis 7.0, without a disk");
});

test("rows that go on from another are called by both names", () => {
  const names = ["a", "… b", "… c", "d", "… b"].map((name) => ({ name }));
  expect(qualifiedNames(names)).toEqual(["a", "a … b", "a … c", "d", "d … b"]);
});
