import { availableParallelism } from "node:os";
import { defineConfig } from "vitest/config";
import { LongestFirst } from "./tooling/report/src/longest-first.ts";
import { summary } from "./tooling/report/src/summary.ts";

export default defineConfig({
  test: {
    // Most of a test's time is waiting, for a server or for what must not come: two workers for each of two cores.
    maxWorkers: Math.max(4, Math.ceil(availableParallelism() / 2)),
    sequence: { sequencer: LongestFirst },
    projects: ["packages/*", "tooling/*", "examples/*"],
    reporters: ["default", summary()],
  },
});
