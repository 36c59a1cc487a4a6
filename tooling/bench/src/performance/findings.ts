/** What the stored results say of what is promised. */

import { MOST_BUSY } from "../busy.ts";
import { busiest, hasFewRounds } from "../report.ts";
import { judge, type Judgement } from "../scenario.ts";
import { nameOf, type Promised, qualifiedNames } from "./promised.ts";
import type { Results, Stored, StoredRow } from "./results.ts";

/** A promise that was measured; what is only shown is not judged. */
export interface Finding extends Partial<Judgement> {
  readonly promised: Promised;
  readonly stored: Stored;
  readonly row: StoredRow;
}

/** `undefined`: it was not measured. @throws Error when what was stored has no such row: it must be played again. */
export function findingOf(promised: Promised, results: Results): Finding | undefined {
  const name = nameOf(promised);
  const stored = results.get(name);
  if (stored === undefined) return undefined;
  const row = stored.rows[qualifiedNames(stored.rows).indexOf(promised.row)];
  if (row === undefined) throw new Error(`${name}.json has no row "${promised.row}": play it again`);
  const { goal } = promised;
  return { promised, stored, row, ...(goal === undefined ? {} : judge(row, goal)) };
}

/** Fewer rounds than nine, another duration than the scenario's own, or a machine with something else to do. */
export function isPreliminary(stored: Stored): boolean {
  return hasFewRounds(stored) || stored.seconds !== undefined || busiest(stored.machine) > MOST_BUSY;
}
