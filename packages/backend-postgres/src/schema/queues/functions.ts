/** Everything of the durability slot that lies in the database, in the order in which it is made. */

import type { Names } from "../../keys.ts";
import { ackLeasesFunction } from "./ack-leases.ts";
import { attachFunctions } from "./attach-many.ts";
import { beforeHandlingFunction } from "./before-handling.ts";
import { dequeueFunctions } from "./dequeue.ts";
import { dropFunctions } from "./drop-many.ts";
import { enqueueFunctions } from "./enqueue-many.ts";
import { extendManyFunction } from "./extend-many.ts";
import { leaseManyFunction, leasePlaces } from "./lease-many.ts";
import { parkFunction } from "./park.ts";
import { redriveManyFunction } from "./redrive-many.ts";
import { settleFunctions } from "./settle-many.ts";
import { sweepFunctions } from "./sweep.ts";
import { queueTables } from "./tables.ts";
import { beginMulticastFunction } from "./begin-multicast.ts";

export function queues(names: Names): readonly string[] {
  return [
    ...queueTables(names),
    ...enqueueFunctions(names),
    ...attachFunctions(names),
    ...dequeueFunctions(names),
    ...dropFunctions(names),
    parkFunction(names),
    ...settleFunctions(names),
    extendManyFunction(names),
    beforeHandlingFunction(names),
    beginMulticastFunction(names),
    redriveManyFunction(names),
    ...sweepFunctions(names),
  ];
}

/** Leases that know where their rows lie, and are acknowledged as a whole. */
export function wholeLeases(names: Names): readonly string[] {
  return [leasePlaces(names), leaseManyFunction(names), ackLeasesFunction(names)];
}
