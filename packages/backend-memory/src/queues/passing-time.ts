/** What time alone has done. */

import { endRetentions } from "./forgetting.ts";
import { comeBack, expire, forgetDeadLetter } from "./life.ts";
import type { Queues } from "./queues.ts";
import type { Delivery } from "./stored.ts";

/**
 * Comes before every operation, so that none of them needs to look at the clock: leases, delays, TTLs and retentions that
 * are over have ended. Looks only at those.
 */
export function letTimePass(queues: Queues, now: number): void {
  const { agenda, drops, handled } = queues;
  for (let delivery = agenda.takeUpTo(now); delivery !== undefined; delivery = agenda.takeUpTo(now))
    elapse(queues, delivery, now);
  endRetentions(queues, now);
  drops.forgetUpTo(now);
  handled.forgetUpTo(now);
}

/** A lease that goes on beyond the TTL is let go on; what comes back from it then is past its TTL. */
function elapse(queues: Queues, delivery: Delivery, now: number): void {
  if (delivery.state === "failed") forgetDeadLetter(queues, delivery);
  else if (now >= delivery.intake.expiresAt) expire(queues, delivery, now);
  else comeBack(queues, delivery);
}
