import type { Context } from "./context.ts";
import { findRecord, trackingSlot } from "./sending/durable/records.ts";
import { presentReport } from "./sending/durable/tracked-receipts.ts";
import { Tally } from "./sending/report.ts";
import type { Call, MulticastReport } from "./slots/index.ts";

const SOURCE = "core.report";

/**
 * What has become of a durable multicast by now, whoever has sent it.
 *
 * @throws NOT_FOUND, UNSUPPORTED, INVALID_ARGUMENT, TIMEOUT, ABORTED; what the store throws.
 */
export async function report(context: Context, id: string, call: Call): Promise<MulticastReport> {
  const slot = trackingSlot(context, SOURCE);
  await findRecord(slot, id, SOURCE, call);
  return await presentReport(slot.tracking, id, new Tally(), call);
}
