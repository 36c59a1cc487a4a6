/** The fleet as every process of it opens it. */

import { type Fleet, openRegistry } from "@muster/core";
import type { Slots } from "./composition.ts";
import { type Device, deviceSchema } from "./schema.ts";

/** Short, so that the demo is: devices of a dead process turn offline within 2 s. */
const TIMING = { sessionLeaseMs: 2_000 };

/** What is sent is kept until it has been handled, unless a call asks for less. */
export async function openFleet(slots: Slots): Promise<Fleet<Device>> {
  const delivery = "at-least-once";
  return await openRegistry({ namespace: "iot", schema: deviceSchema, timing: TIMING, delivery, ...slots });
}
