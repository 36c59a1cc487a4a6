/** What a relay finds in a shard. It stays there, so this changes nothing. */

import type { Parcel, ShardLease } from "@muster/core/slots";
import type { Committed } from "./committed.ts";
import { checkHeld } from "./fence.ts";
import { startOf } from "./multicasts.ts";
import type { StoredParcel } from "./stored.ts";

/** @throws FENCED */
export function take(outbox: Committed, lease: ShardLease, maxTargets: number, now: number): readonly Parcel[] {
  checkHeld(outbox, lease, "take", now);
  const taken: Parcel[] = [];
  let targets = 0;
  for (const piece of outbox.due[lease.shard]?.pieces(() => false) ?? [])
    for (const parcel of piece) {
      targets += parcel.recipients.length;
      if (targets > maxTargets && taken.length > 0) return taken;
      taken.push(parcelOf(parcel, now));
    }
  return taken;
}

function parcelOf({ turn, multicast, recipients, attempts }: StoredParcel, now: number): Parcel {
  return {
    parcel: String(turn),
    start: startOf(multicast),
    targets: recipients.map(({ identity, epoch }) => ({ identity, epoch })),
    ttlMs: multicast.expiresAt - now,
    attempts,
  };
}
