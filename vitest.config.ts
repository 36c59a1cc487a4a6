import { availableParallelism } from "node:os";
import { defineConfig } from "vitest/config";
import { LongestFirst } from "./tooling/report/src/longest-first.ts";
import { summary } from "./tooling/report/src/summary.ts";

export default defineConfig({
  test: {
    // Most of a test's time is waiting, for a server or for what must not come: two workers leave two cores idle for half
    // of it. With more than three, servers are held up for longer than drivers have patience.
    maxWorkers: Math.max(3, Math.ceil(availableParallelism() / 2)),
    sequence: { sequencer: LongestFirst },
    projects: ["packages/*", "tooling/*", "examples/*"],
    reporters: ["default", summary()],
  },
});
