/** What each version of the tables adds. One that has been released is never changed, only followed. */

import { QUEUE_TABLES } from "../queues/tables.ts";
import { REGISTRY_TABLES } from "../registrations/tables.ts";

export interface Migration {
  readonly version: number;
  /** The lowest version that processes may know for which it is still right; they go on when it is applied. */
  readonly compatibleWith: number;
  readonly statements: readonly string[];
}

/** In ascending order. */
export const MIGRATIONS: readonly Migration[] = [
  { version: 1, compatibleWith: 1, statements: REGISTRY_TABLES },
  { version: 2, compatibleWith: 1, statements: QUEUE_TABLES },
];
