/** Finding a durable multicast by its id. */

import { invalidArgument } from "../../call.ts";
import type { Context } from "../../context.ts";
import {
  type Call,
  type DurabilityBackend,
  type MulticastRecord,
  MusterError,
  type TrackingFacet,
} from "../../slots/index.ts";
import { retry } from "../../tasks/retry.ts";
import { unsupported } from "../path.ts";

const MAX_ID_LENGTH = 128;

/** A durability slot that tracks. */
export type TrackingSlot = DurabilityBackend & { readonly tracking: TrackingFacet };

/** @throws UNSUPPORTED where there is none. */
export function trackingSlot({ durability }: Context, source: string): TrackingSlot {
  if (durability === undefined) throw unsupported("receipts", "there is no durability slot", source);
  if (!tracks(durability)) throw untracked(durability, source);
  return durability;
}

/** @throws NOT_FOUND: it never began, or its retention is over; what the store throws. */
export async function findRecord(
  { tracking }: TrackingSlot,
  id: string,
  source: string,
  call: Call,
): Promise<MulticastRecord> {
  const record = await retry(call, source, () => tracking.find(id, call));
  if (record === undefined) throw unknownError(id, source);
  return record;
}

/** @throws INVALID_ARGUMENT */
export function checkId(id: string, source: string): void {
  if (typeof id !== "string" || id === "" || id.length > MAX_ID_LENGTH)
    throw invalidArgument(source, `an id has 1–${MAX_ID_LENGTH} characters`);
}

export function tracks(durability: DurabilityBackend): durability is TrackingSlot {
  return durability.tracking !== undefined;
}

export function untracked({ name }: DurabilityBackend, source: string): MusterError<"UNSUPPORTED"> {
  return unsupported("receipts", `${name} does not keep them`, source);
}

export function unknownError(id: string, source: string): MusterError<"NOT_FOUND"> {
  const message = "no multicast of this id is known; receipts are kept for timing.trackingRetentionMs";
  return new MusterError({ code: "NOT_FOUND", source, subject: id, message });
}
