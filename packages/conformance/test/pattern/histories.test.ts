/** The histories of the pattern with many seeds on memory: 15, or `MUSTER_HISTORIES`; `MUSTER_SEED` is the first. */

import { describe, expect, test } from "vitest";
import { historyCases, outboxHistoryCases } from "../../src/cases/pattern/histories.ts";
import { runCase } from "../../src/run.ts";
import { memorySubject } from "../subjects.ts";

const FIRST = Number(process.env["MUSTER_SEED"] ?? 1);
const COUNT = Number(process.env["MUSTER_HISTORIES"] ?? 15);
const SEEDS = Array.from({ length: COUNT }, (_, index) => FIRST + index);

describe.each([...historyCases, ...outboxHistoryCases])("$id", (historyCase) => {
  test(`holds with the seeds ${FIRST} to ${SEEDS.at(-1)}`, { timeout: 60_000 + 10_000 * COUNT }, async () => {
    for (const seed of SEEDS) {
      const { error } = await runCase(memorySubject(), historyCase, { seed });
      expect(error, `seed ${seed}`).toBeUndefined();
    }
  });
});
