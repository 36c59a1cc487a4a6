import { defineConfig } from "vitest/config";
import { summary } from "./tooling/report/src/summary.ts";

export default defineConfig({
  test: {
    projects: ["packages/*", "tooling/*", "examples/*"],
    reporters: ["default", summary()],
  },
});
