import type { Context } from "./context.ts";
import { conclude } from "./sending/conclusion.ts";
import { presentReport } from "./sending/durable/tracked-receipts.ts";
import { findMulticast } from "./sending/outbox/known.ts";
import { tallyRecorded } from "./sending/outbox/receipts.ts";
import { Tally } from "./sending/report.ts";
import type { Call, MulticastReport } from "./slots/index.ts";

const SOURCE = "core.report";

/**
 * What has become of a durable multicast by now, or of one that has committed, whoever has sent it.
 *
 * @throws NOT_FOUND, UNSUPPORTED, INVALID_ARGUMENT, TIMEOUT, ABORTED; what the slots throw.
 */
export async function report(context: Context, id: string, call: Call): Promise<MulticastReport> {
  const known = await findMulticast(context, id, SOURCE, call);
  const tally = new Tally();
  if (known.by === "kept") return await presentReport(known.durability.tracking, id, tally, call);
  await tallyRecorded(tally, known.multicast, call);
  return await conclude(id, tally, { incomplete: undefined, cause: undefined }, call);
}
