/** What becomes of parcels. */

import type { ParcelSettlement, ShardLease } from "@muster/core/slots";
import type { Committed } from "./committed.ts";
import { checkHeld } from "./fence.ts";
import { close, fail, hand, hasEnded, leave } from "./life.ts";
import type { Recipient, StoredParcel } from "./stored.ts";

/** Ids of the multicasts of which nobody waits any more. @throws FENCED */
export function settle(
  outbox: Committed,
  lease: ShardLease,
  settlements: readonly ParcelSettlement[],
  now: number,
): readonly string[] {
  checkHeld(outbox, lease, "settleMany", now);
  const ended = new Set<string>();
  for (const settlement of settlements) {
    const parcel = outbox.parcels.get(Number(settlement.parcel));
    if (parcel?.shard !== lease.shard) continue;
    settleOne(outbox, parcel, settlement, now);
    if (hasEnded(parcel.multicast)) ended.add(parcel.multicast.start.message.id);
  }
  return [...ended];
}

function settleOne(outbox: Committed, parcel: StoredParcel, settlement: ParcelSettlement, now: number): void {
  const { as, failed, delayMs = 0 } = settlement;
  const failures = new Map(failed.map(({ identity, code, reason }) => [identity, { code, reason }]));
  const staying = new Set(settlement.left);
  const left: Recipient[] = [];
  for (const recipient of parcel.recipients) {
    const failure = failures.get(recipient.identity);
    if (staying.has(recipient.identity)) left.push(recipient);
    else if (failure !== undefined) fail(parcel, recipient, failure);
    else hand(parcel, recipient, as);
  }
  if (left.length === 0) close(outbox, parcel, now);
  else leave(outbox, parcel, left, delayMs > 0 ? now + delayMs : undefined);
}
