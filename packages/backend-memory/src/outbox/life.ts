/** The life of a parcel: each arrow of the diagram in the slot's contract is one function here. */

import type { OutboxCode } from "@muster/core/slots";
import type { Committed } from "./committed.ts";
import type { Recipient, StoredMulticast, StoredParcel } from "./stored.ts";

/** waiting ──► handed │ delivered. */
export function hand({ multicast }: StoredParcel, recipient: Recipient, status: "handed" | "delivered"): void {
  recipient.status = status;
  multicast.waiting -= 1;
  if (status === "delivered") multicast.delivered += 1;
}

/** waiting ──► failed. */
export function fail(
  { multicast }: StoredParcel,
  recipient: Recipient,
  failure: { readonly code: OutboxCode; readonly reason: string },
): void {
  recipient.status = "failed";
  recipient.failure = failure;
  multicast.waiting -= 1;
  multicast.failed += 1;
}

/** with a relay ──► waiting, in its old place, and not due before `notBefore`. */
export function leave(outbox: Committed, parcel: StoredParcel, left: readonly Recipient[], notBefore?: number): void {
  const { expiresAt } = parcel.multicast;
  parcel.recipients = left;
  parcel.attempts += 1;
  if (notBefore === undefined) return;
  outbox.due[parcel.shard]?.delete(parcel);
  outbox.agenda.put(parcel, Math.min(notBefore, expiresAt));
}

/** Its delay is over. */
export function comeDue(outbox: Committed, parcel: StoredParcel): void {
  outbox.due[parcel.shard]?.add(parcel);
  outbox.agenda.put(parcel, parcel.multicast.expiresAt);
}

/** Nobody waits in it any more. */
export function close(outbox: Committed, parcel: StoredParcel, now: number): void {
  const { multicast } = parcel;
  outbox.parcels.delete(parcel.turn);
  outbox.due[parcel.shard]?.delete(parcel);
  outbox.agenda.remove(parcel);
  if (hasEnded(multicast)) retain(outbox, multicast, now);
}

export function hasEnded({ waiting }: StoredMulticast): boolean {
  return waiting === 0;
}

function retain(outbox: Committed, multicast: StoredMulticast, now: number): void {
  outbox.waiting.remove(multicast);
  outbox.retained.put(multicast, now + multicast.retentionMs);
}
