/** What each version of the database schema adds. One that has been released is never changed, only followed. */

import type { Names } from "../keys.ts";
import { clock } from "./clock.ts";
import { confirmManyFunction } from "./confirm-many.ts";
import { deleteManyFunction } from "./delete-many.ts";
import { inboxFunctions, sweepOthersFunction } from "./inboxes.ts";
import { messageTables } from "./messages.ts";
import { outbox } from "./outbox/functions.ts";
import { publishManyFunctions } from "./publish-many.ts";
import { queues, wholeLeases } from "./queues/functions.ts";
import { renewManyFunction } from "./renew-many.ts";
import { scanRoutesFunction } from "./scan-routes.ts";
import { scanFunction } from "./scan.ts";
import { setManyFunction } from "./set-many.ts";
import { tables } from "./tables.ts";

export interface Migration {
  readonly version: number;
  /** The lowest version that processes may know for which it is still right; they go on when it is applied. */
  readonly compatibleWith: number;
  readonly statements: (names: Names) => readonly string[];
}

/** In ascending order. Functions that change get another name, for processes of the release before call them still. */
export const MIGRATIONS: readonly Migration[] = [
  {
    version: 1,
    compatibleWith: 1,
    statements: (names) => [
      ...tables(names),
      ...clock(names),
      setManyFunction(names),
      renewManyFunction(names),
      deleteManyFunction(names),
      confirmManyFunction(names),
      scanFunction(names),
    ],
  },
  {
    version: 2,
    compatibleWith: 1,
    statements: (names) => [...messageTables(names), ...inboxFunctions(names), ...publishManyFunctions(names)],
  },
  { version: 3, compatibleWith: 1, statements: queues },
  { version: 4, compatibleWith: 1, statements: outbox },
  { version: 5, compatibleWith: 1, statements: wholeLeases },
  { version: 6, compatibleWith: 1, statements: (names) => [sweepOthersFunction(names)] },
  { version: 7, compatibleWith: 1, statements: (names) => [scanRoutesFunction(names)] },
];
