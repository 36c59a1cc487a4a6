/** Outcomes as acknowledgements spell them. */

import { PLACE_STATE, type PlaceRun } from "../../wire/acknowledgement.ts";
import type { Outcome } from "../outcome.ts";

/** Longer reasons are cut: a sender shows them, and may get many. */
const MAX_REASON = 500;

export function stateOf({ as }: Outcome): number {
  return PLACE_STATE[as];
}

/** Why it was rejected; for other outcomes nothing. */
export function reasonOf(outcome: Outcome): string | undefined {
  return outcome.as === "rejected" ? outcome.reason.slice(0, MAX_REASON) : undefined;
}

/** Neighbours in the same state are one run. @param places `places[i]` has `states[i]`; absent: i */
export function runsOf(states: ArrayLike<number>, places?: ArrayLike<number>): readonly PlaceRun[] {
  const runs: PlaceRun[] = [];
  let [first, last, current] = [0, -1, -1];
  for (let index = 0; index < states.length; index += 1) {
    const place = places?.[index] ?? index;
    const state = states[index] ?? 0;
    if (state !== current || place !== last + 1) {
      if (current >= 0) runs.push([first, last, current]);
      first = place;
      current = state;
    }
    last = place;
  }
  if (current >= 0) runs.push([first, last, current]);
  return runs;
}
