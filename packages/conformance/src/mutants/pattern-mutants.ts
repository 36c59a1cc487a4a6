import type { Mutant } from "../mutant.ts";
import { carryingMutants } from "./pattern/carrying.ts";
import { committingMutants } from "./pattern/committing.ts";
import { keepingMutants } from "./pattern/keeping.ts";
import { settlingMutants } from "./pattern/settling.ts";

/** Compositions broken on purpose, each killed by the pattern's cases that it names. */
export const patternMutants: readonly Mutant[] = [
  ...carryingMutants,
  ...keepingMutants,
  ...settlingMutants,
  ...committingMutants,
];
