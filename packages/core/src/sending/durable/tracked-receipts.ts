/** Receipts as the store knows them. */

import type {
  Call,
  DeliveryCounts,
  MulticastReport,
  Receipt,
  TrackedDelivery,
  TrackingFacet,
} from "../../slots/index.ts";
import { retry } from "../../tasks/retry.ts";
import { conclude } from "../conclusion.ts";
import type { Tally } from "../report.ts";

const PAGE = 1_000;
const SOURCE = "core.receipts";

export interface Tracked {
  readonly tracking: TrackingFacet;
  readonly id: string;
  readonly counts: DeliveryCounts;
}

/** What has become of a multicast by now. @throws what the store throws. */
export async function presentReport(
  tracking: TrackingFacet,
  id: string,
  tally: Tally,
  call: Call,
): Promise<MulticastReport> {
  const counts = await retry(call, SOURCE, () => tracking.counts(id, call));
  await tallyTracked(tally, { tracking, id, counts }, call);
  return await conclude(id, tally, { incomplete: undefined, cause: undefined }, call);
}

/**
 * Tallies every recorded delivery: by number, with the first failures and then the first that are pending by name; or each
 * by name where somebody wants to see all, page by page.
 *
 * @throws what the store throws; nothing has been tallied then, unless all are shown.
 */
export async function tallyTracked(tally: Tally, { tracking, id, counts }: Tracked, call: Call): Promise<void> {
  if (tally.showsAll) {
    for await (const page of tracking.deliveries(id, { pageSize: PAGE }, call)) {
      for (const delivery of page) tallyOne(tally, delivery);
      await tally.show();
    }
    return;
  }
  const listed: Receipt[] = [];
  for (const status of ["failed", "pending"] as const) {
    const limit = Math.min(counts[status], tally.room - listed.length);
    if (limit > 0) listed.push(...(await first(limit, { tracking, id, status }, call)));
  }
  tally.mention(listed);
  for (const status of ["delivered", "pending", "failed"] as const) tally.count(status, counts[status]);
}

/** What a store knows of one delivery. */
export interface Outcome extends Pick<TrackedDelivery, "identity" | "status" | "reason"> {
  readonly code: string | undefined;
}

/** What the caller is told of one delivery. */
export function receiptOf({ identity, status, code, reason }: Outcome): Receipt {
  return {
    identity,
    status,
    ...(code === undefined ? {} : { code }),
    ...(reason === undefined ? {} : { reason }),
  };
}

export function tallyOne(tally: Tally, { identity, status, code, reason }: Outcome): void {
  if (status === "delivered") tally.deliver([identity]);
  else if (status === "pending") tally.defer([identity]);
  else tally.miss("failed", [identity], code ?? "DEAD_LETTERED", reason ?? "");
}

async function first(
  limit: number,
  { tracking, id, status }: Omit<Tracked, "counts"> & { readonly status: TrackedDelivery["status"] },
  call: Call,
): Promise<readonly Receipt[]> {
  const found: Receipt[] = [];
  for await (const page of tracking.deliveries(id, { pageSize: limit, statuses: [status] }, call)) {
    for (const delivery of page) found.push(receiptOf(delivery));
    if (found.length >= limit) break;
  }
  return found.slice(0, limit);
}
