import type { Mutant } from "../mutant.ts";

/** Every mutant of the messaging slot, topic by topic. */
export const messagingMutants: readonly Mutant[] = [];
