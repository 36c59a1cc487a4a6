import type { Context } from "./context.ts";
import type { MulticastOptions } from "./fleet.ts";
import { toTargets } from "./input/filters.ts";
import { onReceiptsOf } from "./input/on-receipts.ts";
import { conclude } from "./sending/conclusion.ts";
import { sendDurably } from "./sending/durable/send.ts";
import { targetPages } from "./sending/durable/target-pages.ts";
import { findMulticast } from "./sending/outbox/known.ts";
import { tallyRecorded } from "./sending/outbox/receipts.ts";
import { Tally } from "./sending/report.ts";
import type { MulticastReport, TimedCall } from "./slots/index.ts";

const SOURCE = "core.resend";

/**
 * Resolves the stored filter of a durable multicast again and enqueues for whoever has not been enqueued for; waits and
 * reports as the multicast would have. One that went through the outbox is only reported as it stands: whom it is for was
 * settled when it was recorded, and relays complete it.
 *
 * @throws NOT_FOUND, UNSUPPORTED, INVALID_ARGUMENT; what the slots throw before anything was enqueued; ABORTED.
 */
export async function resend(
  context: Context,
  id: string,
  options: Pick<MulticastOptions, "onReceipts">,
  call: TimedCall,
): Promise<MulticastReport> {
  const tally = new Tally(onReceiptsOf(options, SOURCE));
  const known = await findMulticast(context, id, SOURCE, call);
  if (known.by === "recorded") {
    await tallyRecorded(tally, known.multicast, call);
    return await conclude(id, tally, { incomplete: undefined, cause: undefined }, call);
  }
  const { durability, record: start } = known;
  const targets = toTargets(start.filter === null ? null : JSON.parse(start.filter), context.schema, SOURCE);
  const pages = targetPages(context, targets, call);
  return await sendDurably(context, { durability, start, pages, isNew: false, tally }, call);
}
