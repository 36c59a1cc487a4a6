/** Everything of the outbox that lies in the database, in the order in which it is made. */

import type { Names } from "../../keys.ts";
import { outboxBacklogFunction } from "./backlog.ts";
import { leaseFunctions } from "./lease-shards.ts";
import { recordFunctions } from "./record.ts";
import { settleParcelsFunctions } from "./settle.ts";
import { outboxSweepFunctions } from "./sweep.ts";
import { outboxTables } from "./tables.ts";
import { takeParcelsFunction } from "./take.ts";

export function outbox(names: Names): readonly string[] {
  return [
    ...outboxTables(names),
    ...recordFunctions(names),
    ...leaseFunctions(names),
    takeParcelsFunction(names),
    ...settleParcelsFunctions(names),
    ...outboxSweepFunctions(names),
    outboxBacklogFunction(names),
  ];
}
