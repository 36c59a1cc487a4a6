/** What time alone has done. */

import type { Committed } from "./committed.ts";
import { close, comeDue, fail } from "./life.ts";
import type { StoredParcel } from "./stored.ts";

const EXPIRED = { code: "EXPIRED", reason: "it had not been handed over when its time to live was over" } as const;

/**
 * Comes before every operation, so that none of them needs to look at the clock: delays, TTLs and retentions that are over
 * have ended. Looks only at those.
 */
export function letTimePass(outbox: Committed, now: number): void {
  const { agenda, retained } = outbox;
  for (let parcel = agenda.takeUpTo(now); parcel !== undefined; parcel = agenda.takeUpTo(now))
    elapse(outbox, parcel, now);
  for (let multicast = retained.takeUpTo(now); multicast !== undefined; multicast = retained.takeUpTo(now))
    outbox.forget(multicast);
}

function elapse(outbox: Committed, parcel: StoredParcel, now: number): void {
  if (now < parcel.multicast.expiresAt) {
    comeDue(outbox, parcel);
    return;
  }
  for (const recipient of parcel.recipients) fail(parcel, recipient, EXPIRED);
  close(outbox, parcel, now);
}
