import { invalidArgument } from "./call.ts";
import type { Context } from "./context.ts";
import type { DeliveriesOptions } from "./fleet.ts";
import type { RunPage } from "./tasks/run-page.ts";
import { type Outcome, receiptOf } from "./sending/durable/tracked-receipts.ts";
import { findMulticast, type KnownMulticast } from "./sending/outbox/known.ts";
import { outcomesAfter } from "./sending/outbox/receipts.ts";
import type { Call, Receipt, TrackedDelivery } from "./slots/index.ts";
import { firstPage } from "./tasks/first-page.ts";
import { retry } from "./tasks/retry.ts";

const SOURCE = "core.deliveries";
const PAGE = 1_000;
const STATUSES: readonly TrackedDelivery["status"][] = ["pending", "delivered", "failed"];

/**
 * Receipts of a multicast that is durable or has committed, in UTF-8 order of identity. Between two pages nothing is held
 * open in the store.
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
  const known = await runPage((call) => findMulticast(context, id, SOURCE, call));
  let page: readonly Outcome[] = [];
  do {
    const after = page.at(-1)?.identity;
    page = await runPage((call) => pageAfter(known, id, { after, statuses }, call));
    for (const outcome of page) if (statuses?.includes(outcome.status) !== false) yield receiptOf(outcome);
  } while (page.length > 0);
}

interface Query {
  readonly after: string | undefined;
  readonly statuses: DeliveriesOptions["statuses"];
}

/** Of some statuses at least those, where the store can tell them apart. */
async function pageAfter(
  known: KnownMulticast,
  id: string,
  { after, statuses }: Query,
  call: Call,
): Promise<readonly Outcome[]> {
  if (known.by === "recorded") return await outcomesAfter(known.multicast, after, call);
  const { tracking } = known.durability;
  const query = { pageSize: PAGE, ...(after === undefined ? {} : { after }), ...(statuses && { statuses }) };
  return await retry(call, SOURCE, () => firstPage(tracking.deliveries(id, query, call)));
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
