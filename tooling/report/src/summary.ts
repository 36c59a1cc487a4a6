import type { Reporter } from "vitest/node";
import { formatTally, tallyOf } from "./tally.ts";

/**
 * A vitest reporter whose only output is the line of counts at the end of a run; list it after the others.
 * A run in which nothing passed and nothing failed has proved nothing, so it exits with code 1.
 *
 * @param earlierFailures failures of checks before the tests (the type check), counted with them.
 */
export function summary(earlierFailures = 0): Reporter {
  return {
    onTestRunEnd(modules, unhandledErrors) {
      const tally = tallyOf(modules, unhandledErrors.length + earlierFailures);
      if (tally.failed > 0 || tally.passed === 0) process.exitCode = 1;
      process.stdout.write(`${formatTally(tally)}\n`);
    },
  };
}
