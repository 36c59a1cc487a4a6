import type { Mutant } from "../mutant.ts";
import { attemptMutants } from "./registry/attempts.ts";
import { createMutants } from "./registry/create.ts";
import { deleteMutants } from "./registry/deletes.ts";
import { epochMutants } from "./registry/epochs.ts";
import { replaceMutants } from "./registry/replace.ts";
import { sessionBoundMutants } from "./registry/session-bound.ts";
import { updateMutants } from "./registry/update.ts";

/** Every mutant of the registry slot, topic by topic. */
export const registryMutants: readonly Mutant[] = [
  ...createMutants,
  ...replaceMutants,
  ...updateMutants,
  ...sessionBoundMutants,
  ...attemptMutants,
  ...epochMutants,
  ...deleteMutants,
];
