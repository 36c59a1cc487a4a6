import { expect, test } from "vitest";
import { MEMORY } from "../src/compositions.ts";
import { SCENARIOS } from "../src/scenarios/catalogue.ts";
import { expectPromised } from "./promised.ts";

test.each([...SCENARIOS].filter(([, { needsServers = false }]) => !needsServers))(
  "the contenders of %s do the same work, every row has a number, and those that are promised something are there",
  { timeout: 60_000 },
  async (_, scenario) => {
    const { rows } = await scenario.run({ size: 400, rounds: 1 });
    expect(rows.length).toBeGreaterThan(0);
    for (const { name, median } of rows) expect(median, name).toBeGreaterThanOrEqual(0);
    expectPromised(scenario.name, rows);
  },
);

test.each([...SCENARIOS].flatMap(([name, { runOn }]) => (runOn === undefined ? [] : [{ name, runOn }])))(
  "$name has nothing but numbers to tell of everything in memory",
  { timeout: 60_000 },
  async ({ runOn }) => {
    const { rows } = await runOn({ name: MEMORY }, { size: 400, rounds: 1, seconds: 1 });
    expect(rows.length).toBeGreaterThan(0);
    for (const { name, median } of rows) expect(median, name).not.toBeNaN();
  },
);
