import { invalidArgument } from "./call.ts";
import type { Context } from "./context.ts";
import type { DeliveriesOptions } from "./fleet.ts";
import type { RunPage } from "./tasks/run-page.ts";
import { findRecord, trackingSlot } from "./sending/durable/records.ts";
import { receiptOf } from "./sending/durable/tracked-receipts.ts";
import type { Receipt, TrackedDelivery } from "./slots/index.ts";
import { firstPage } from "./tasks/first-page.ts";
import { retry } from "./tasks/retry.ts";

const SOURCE = "core.deliveries";
const PAGE = 1_000;
const STATUSES: readonly TrackedDelivery["status"][] = ["pending", "delivered", "failed"];

/**
 * Receipts of a durable multicast, in UTF-8 order of identity. Between two pages nothing is held open in the store.
 *
 * @throws NOT_FOUND, UNSUPPORTED, INVALID_ARGUMENT at the first step; what the store throws.
 */
export async function* deliveries(
  context: Context,
  id: string,
  options: DeliveriesOptions,
  runPage: RunPage,
): AsyncGenerator<Receipt, void, undefined> {
  const statuses = statusesOf(options);
  const slot = trackingSlot(context, SOURCE);
  await runPage(async (call) => await findRecord(slot, id, SOURCE, call));
  let page: readonly TrackedDelivery[] = [];
  do {
    const after = page.at(-1)?.identity;
    const query = { pageSize: PAGE, ...(after === undefined ? {} : { after }), ...(statuses && { statuses }) };
    page = await runPage((call) => retry(call, SOURCE, () => firstPage(slot.tracking.deliveries(id, query, call))));
    yield* page.map(receiptOf);
  } while (page.length > 0);
}

function statusesOf({ statuses }: DeliveriesOptions): DeliveriesOptions["statuses"] {
  if (statuses === undefined) return undefined;
  const areStatuses = Array.isArray(statuses) && statuses.length > 0 && statuses.every(isStatus);
  if (areStatuses) return statuses;
  throw invalidArgument(SOURCE, `statuses is a list of ${STATUSES.join(", ")}`);
}

function isStatus(value: unknown): value is TrackedDelivery["status"] {
  return STATUSES.some((status) => status === value);
}
