import type { PlannedCase } from "../plan.ts";

/** A test's name: the id, to run the case alone by, and what it means that the test passes. */
export function titleOf({ case: { id, rule }, knownFailing }: PlannedCase): string {
  return knownFailing === undefined ? `${id}: ${rule}` : `${id} (known failing: ${knownFailing})`;
}
