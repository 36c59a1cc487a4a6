import type { Reporter } from "vitest/node";
import { matrix } from "./matrix.ts";
import { listMissing, outcomeOf } from "./outcome.ts";
import { formatTally, listFailed, listFlaky, listSkipped, listStray, tallyOf } from "./tally.ts";

const MOST_LISTED = 40;

/**
 * A vitest reporter that names the tests that did not run and those that passed only at a second try, shows what became
 * of each backend's suites, says which servers were missing, and ends with what failed and the line of counts; list it
 * after the others. A run in which nothing passed and nothing failed has proved nothing, so it exits with code 1.
 *
 * @param earlierFailures failures of checks before the tests (the type check), counted with them.
 */
export function summary(earlierFailures = 0): Reporter {
  return {
    onTestRunEnd(modules, unhandledErrors) {
      const tally = tallyOf(modules, unhandledErrors.length + earlierFailures);
      if (tally.failed > 0 || tally.passed === 0) process.exitCode = 1;
      const outcomes = modules.map(outcomeOf);
      const table = matrix(outcomes);
      const lines = [
        ...listSkipped(modules, MOST_LISTED),
        ...(table.length > 0 ? ["", ...table] : []),
        ...listMissing(outcomes),
        ...listFlaky(modules),
        ...listFailed(modules),
        ...listStray(unhandledErrors),
        formatTally(tally),
      ];
      process.stdout.write(`${lines.join("\n")}\n`);
    },
  };
}
