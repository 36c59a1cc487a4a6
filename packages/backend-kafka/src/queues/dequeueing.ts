/** The contract's `dequeue`: what was pushed here is handed out, and who waits waits here. */

import { abortedError, type Call, type DequeueOptions, hasEnded, type Leased } from "@muster/core/slots";
import { NAME } from "../errors.ts";
import type { Space } from "./space.ts";

const OPERATION = "dequeue";

export async function dequeue(
  space: Space,
  session: string,
  options: DequeueOptions,
  call: Call,
): Promise<readonly Leased[]> {
  const endsAt = performance.now() + options.waitMs;
  await space.barrier.pass(OPERATION);
  for (;;) {
    if (hasEnded(call)) throw abortedError(call, `${NAME}.${OPERATION}`);
    const now = Date.now();
    const leased = space.mailboxes.lease(session, options, now);
    space.replay.look();
    const leftMs = endsAt - performance.now();
    if (leased.length > 0) return leased;
    if (space.replay.failure !== undefined) throw space.replay.failure;
    if (leftMs <= 0) return leased;
    const nextMs = (space.mailboxes.nextDueAt(session) ?? Number.POSITIVE_INFINITY) - now;
    await space.waiters.wait(session, Math.min(leftMs, Math.max(1, nextMs)), call);
  }
}
