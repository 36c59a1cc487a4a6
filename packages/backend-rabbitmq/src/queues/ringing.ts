/** What a process tells all others of the namespace. */

import type { Call } from "@muster/core/slots";
import { type Bell, encodeBell } from "./bells.ts";
import type { Space } from "./space.ts";

/** Names in one bell. */
const MAX_RUNG = 500;

/** Tells all processes, this one included. @throws as what is sent does */
export async function ring(space: Space, bell: Omit<Bell, "from">, operation: string, call: Call): Promise<void> {
  const body = encodeBell({ from: space.seal, ...bell });
  await space.send([{ exchange: space.around.names.bell, key: "", body, isTransient: true }], operation, call);
}

/** That something is parked for these now. @throws as {@link ring} */
export async function ringParked(
  space: Space,
  identities: readonly string[],
  operation: string,
  call: Call,
): Promise<void> {
  for (let start = 0; start < identities.length; start += MAX_RUNG)
    await ring(space, { parked: identities.slice(start, start + MAX_RUNG) }, operation, call);
}
