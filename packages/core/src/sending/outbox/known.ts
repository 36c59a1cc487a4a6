/** Finding a multicast by its id, whichever slot knows of it. */

import type { Context } from "../../context.ts";
import type { Call, MulticastRecord } from "../../slots/index.ts";
import { retry } from "../../tasks/retry.ts";
import {
  checkId,
  findRecord,
  tracks,
  trackingSlot,
  type TrackingSlot,
  unknownError,
  untracked,
} from "../durable/records.ts";
import type { RecordedMulticast } from "./receipts.ts";

/** `recorded`: with its sender's transaction, whatever has become of it since. */
export type KnownMulticast =
  | { readonly by: "kept"; readonly durability: TrackingSlot; readonly record: MulticastRecord }
  | { readonly by: "recorded"; readonly multicast: RecordedMulticast };

/**
 * @throws INVALID_ARGUMENT; UNSUPPORTED where nothing tells of deliveries; NOT_FOUND: it never began, has not committed, or its
 * retention is over. What the slots throw.
 */
export async function findMulticast(context: Context, id: string, source: string, call: Call): Promise<KnownMulticast> {
  const { outbox, durability } = context;
  checkId(id, source);
  if (durability !== undefined && !tracks(durability)) throw untracked(durability, source);
  if (outbox !== undefined) {
    const record = await retry(call, source, () => outbox.find(id, call));
    if (record !== undefined) return { by: "recorded", multicast: { outbox, tracking: durability?.tracking, id } };
    if (durability === undefined) throw unknownError(id, source);
  }
  const slot = trackingSlot(context, source);
  return { by: "kept", durability: slot, record: await findRecord(slot, id, source, call) };
}
