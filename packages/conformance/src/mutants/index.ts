/** Backends broken on purpose: what the kit shows itself to notice, and a check for kits built on it. */

import type { Mutant } from "../mutant.ts";
import { crashMutants } from "./crash-mutants.ts";
import { durabilityMutants } from "./durability-mutants.ts";
import { filterMutants } from "./filter-mutants.ts";
import { lifecycleMutants } from "./lifecycle-mutants.ts";
import { messagingMutants } from "./messaging-mutants.ts";
import { outboxMutants } from "./outbox-mutants.ts";
import { registryMutants } from "./registry-mutants.ts";

export { type Mutant, withDurability, withMessaging, withOutbox, withRegistry } from "../mutant.ts";

export { patternMutants } from "./pattern-mutants.ts";

/** Every mutant of the kit, slot by slot. */
export const mutants: readonly Mutant[] = [
  ...registryMutants,
  ...filterMutants,
  ...messagingMutants,
  ...durabilityMutants,
  ...outboxMutants,
  ...lifecycleMutants,
  ...crashMutants,
];
