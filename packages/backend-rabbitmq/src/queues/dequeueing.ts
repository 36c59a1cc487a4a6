/** The contract's `dequeue`: the server pushes, so who waits waits here. */

import { abortedError, type Call, type DequeueOptions, hasEnded, type Leased } from "@muster/core/slots";
import { NAME } from "../errors.ts";
import { makeRoom } from "./crowds.ts";
import type { Space } from "./space.ts";

const OPERATION = "dequeue";

export async function dequeue(
  space: Space,
  session: string,
  options: DequeueOptions,
  call: Call,
): Promise<readonly Leased[]> {
  const endsAt = performance.now() + options.waitMs;
  await space.seat(OPERATION).sync();
  for (;;) {
    if (hasEnded(call)) throw abortedError(call, `${NAME}.${OPERATION}`);
    // Who stood still sees first what was due or on its way before, and others may have it by now.
    await space.seat(OPERATION).hear(space.heardMs);
    const leased = space.holdings.lease(session, options);
    if (leased.length === 0) makeRoom(space);
    const now = performance.now();
    if (leased.length > 0 || now >= endsAt) return leased;
    const next = space.holdings.nextDue() ?? endsAt;
    await space.waiters.wait(session, Math.min(next, endsAt) - now, call);
  }
}
