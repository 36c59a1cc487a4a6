import { expect } from "vitest";
import { PROMISED } from "../src/performance/goals.ts";
import { qualifiedNames } from "../src/performance/promised.ts";
import type { Row } from "../src/scenario.ts";

/** Each row that `docs/performance.md` names is among them, with the goal that stands there. */
export function expectPromised(scenario: string, rows: readonly Row[]): void {
  const names = qualifiedNames(rows);
  for (const promised of PROMISED.filter((one) => one.scenario === scenario)) {
    const row = rows[names.indexOf(promised.row)];
    // A goal may depend on the size: it is that of any of them.
    const goals = PROMISED.filter((one) => one.scenario === scenario && one.row === promised.row).map(
      ({ goal }) => goal,
    );
    expect(row?.unit, promised.row).toBe(promised.unit);
    expect(goals, promised.row).toContainEqual(row?.goal);
  }
}
