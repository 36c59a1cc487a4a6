/** Everything that is promised of Muster's speed, and the row of a scenario that shows whether it holds. */

import { LOAD_GOALS } from "./goals-load.ts";
import { MESSAGING_GOALS } from "./goals-messaging.ts";
import { QUEUE_GOALS } from "./goals-queues.ts";
import { REGISTRY_GOALS } from "./goals-registry.ts";
import { nameOf, type Play, type Promised, type Section } from "./promised.ts";

export const SECTIONS: readonly Section[] = [...MESSAGING_GOALS, ...QUEUE_GOALS, ...REGISTRY_GOALS, ...LOAD_GOALS];

export const PROMISED: readonly Promised[] = SECTIONS.flatMap(({ goals }) => goals);

/** What there is to play for the page, each once, in its order. */
export const PLAYS: readonly Play[] = [...new Map(PROMISED.map((one) => [nameOf(one), playOf(one)])).values()];

function playOf({ scenario, size, on }: Promised): Play {
  return { scenario, size, ...(on === undefined ? {} : { on }) };
}
