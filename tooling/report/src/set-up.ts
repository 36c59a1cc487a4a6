import { spawnSync } from "node:child_process";
import { fileURLToPath } from "node:url";
import type { Reporter } from "vitest/node";

const program = fileURLToPath(new URL("../../servers/src/set-up.ts", import.meta.url));

/** A vitest reporter that gets the servers that the tests of this run ask for before the first of them runs. */
export function setUp(): Reporter {
  return {
    onTestRunStart(specifications) {
      const folders = new Set(specifications.map(({ project }) => project.config.root));
      // With the arguments that Node itself was given: those make it read TypeScript.
      spawnSync(process.execPath, [...process.execArgv, program, ...folders], { stdio: "inherit" });
    },
  };
}
