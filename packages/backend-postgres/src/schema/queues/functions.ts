/** Everything of the durability slot that lies in the database, in the order in which it is made. */

import type { Names } from "../../keys.ts";
import { attachFunctions } from "./attach-many.ts";
import { dequeueFunctions } from "./dequeue.ts";
import { dropFunctions } from "./drop-many.ts";
import { enqueueFunctions } from "./enqueue-many.ts";
import { parkFunctions } from "./park.ts";
import { redriveFunctions } from "./redrive-many.ts";
import { settleFunctions } from "./settle-many.ts";
import { sweepFunctions } from "./sweep.ts";
import { queueTables } from "./tables.ts";
import { trackFunctions } from "./track.ts";

export function queues(names: Names): readonly string[] {
  return [
    ...queueTables(names),
    ...enqueueFunctions(names),
    ...attachFunctions(names),
    ...dequeueFunctions(names),
    ...dropFunctions(names),
    ...parkFunctions(names),
    ...settleFunctions(names),
    ...trackFunctions(names),
    ...redriveFunctions(names),
    ...sweepFunctions(names),
  ];
}
