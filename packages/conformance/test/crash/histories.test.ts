/** The histories with many seeds on memory. `MUSTER_SEED` begins with another one. */

import { describe, expect, test } from "vitest";
import { crashHistoryCases } from "../../src/cases/crash/histories.ts";
import { runCase } from "../../src/run.ts";
import { memorySubject } from "../subjects.ts";

const FIRST = Number(process.env["MUSTER_SEED"] ?? 1);
const SEEDS = Array.from({ length: 50 }, (_, index) => FIRST + index);

describe.each(crashHistoryCases)("$id", { timeout: 60_000 }, (one) => {
  test(`holds with the seeds ${FIRST} to ${SEEDS.at(-1)}`, async () => {
    for (const seed of SEEDS) {
      const { error } = await runCase(memorySubject(), one, { seed });
      expect(error, `seed ${seed}`).toBeUndefined();
    }
  });
});
