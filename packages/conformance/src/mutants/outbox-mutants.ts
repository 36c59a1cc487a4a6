import type { Mutant } from "../mutant.ts";
export const outboxMutants: readonly Mutant[] = [];
