import { availableParallelism } from "node:os";
import { defineConfig } from "vitest/config";
import { summary } from "./tooling/report/src/summary.ts";

export default defineConfig({
  test: {
    // Most of a test's time is waiting for a server: one worker for each of two cores leaves both idle for half of it.
    maxWorkers: Math.max(2, Math.ceil(availableParallelism() / 2)),
    projects: ["packages/*", "tooling/*", "examples/*"],
    reporters: ["default", summary()],
  },
});
