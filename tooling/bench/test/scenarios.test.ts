import { expect, test } from "vitest";
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
