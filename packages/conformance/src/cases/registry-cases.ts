import type { RegistryCase } from "../case.ts";
import { attemptCases } from "./registry/attempts.ts";
import { createCases } from "./registry/create.ts";
import { deleteCases } from "./registry/deletes.ts";
import { epochCases } from "./registry/epochs.ts";
import { replaceCases } from "./registry/replace.ts";
import { sessionBoundCases } from "./registry/session-bound.ts";
import { updateCases } from "./registry/update.ts";

/** Every case of the registry slot, topic by topic. */
export const registryCases: readonly RegistryCase[] = [
  ...createCases,
  ...replaceCases,
  ...updateCases,
  ...sessionBoundCases,
  ...attemptCases,
  ...epochCases,
  ...deleteCases,
];
