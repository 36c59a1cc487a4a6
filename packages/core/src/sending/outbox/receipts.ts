/** Receipts of a multicast of which the outbox has a part, and the durability slot another. */

import { compareStrings } from "@muster/filter";
import type { Call, OutboxBackend, OutboxCounts, Receipt, TrackingFacet } from "../../slots/index.ts";
import { firstPage } from "../../tasks/first-page.ts";
import { retry } from "../../tasks/retry.ts";
import { type Outcome, receiptOf, tallyOne, tallyTracked } from "../durable/tracked-receipts.ts";
import type { Tally } from "../report.ts";

const PAGE = 1_000;
const SOURCE = "core.receipts";

export interface RecordedMulticast {
  readonly outbox: OutboxBackend;
  /** Absent: there is no durability slot, and all is in the outbox. */
  readonly tracking: TrackingFacet | undefined;
  readonly id: string;
}

/**
 * A page behind `after` of everyone's outcomes, in UTF-8 order of identity; empty: there is nobody more. Who has just been
 * handed over stands in both: then the durability slot knows best.
 *
 * @throws what the slots throw.
 */
export async function outcomesAfter(
  { outbox, tracking, id }: RecordedMulticast,
  after: string | undefined,
  call: Call,
): Promise<readonly Outcome[]> {
  const query = { pageSize: PAGE, ...(after === undefined ? {} : { after }) };
  // In this order: who leaves the one between the two reads is found in the other.
  const kept = await retry(call, SOURCE, () => firstPage(outbox.deliveries(id, query, call)));
  const tracked =
    tracking === undefined ? [] : await retry(call, SOURCE, () => firstPage(tracking.deliveries(id, query, call)));
  const ends = [kept, tracked].flatMap((page) => page.at(-1)?.identity ?? []).sort(compareStrings);
  const [end] = ends;
  if (end === undefined) return [];
  const outcomes = new Map<string, Outcome>();
  for (const outcome of [...kept, ...tracked])
    if (compareStrings(outcome.identity, end) <= 0) outcomes.set(outcome.identity, outcome);
  return [...outcomes.values()].sort((a, b) => compareStrings(a.identity, b.identity));
}

/**
 * Tallies everyone it is for: by name where somebody wants to see all, and as long as both slots have a part of it;
 * otherwise by number, with the first that are not delivered by name. Nobody, where it has not committed.
 *
 * @throws what the slots throw.
 */
export async function tallyRecorded(tally: Tally, multicast: RecordedMulticast, call: Call): Promise<void> {
  const { outbox, tracking, id } = multicast;
  const counts = await retry(call, SOURCE, () => outbox.counts(id, call));
  const tracked = tracking && (await retry(call, SOURCE, () => tracking.counts(id, call)));
  const trackedCount = tracked === undefined ? 0 : tracked.pending + tracked.delivered + tracked.failed;
  if (tracking !== undefined && tracked !== undefined && isHanded(counts, trackedCount))
    await tallyTracked(tally, { tracking, id, counts: tracked }, call);
  else if (trackedCount === 0 && !tally.showsAll) await tallyKept(tally, multicast, counts, call);
  else await tallyEach(tally, multicast, counts, call);
}

/** The durability slot has all of it. */
function isHanded({ targets, delivered, failed }: OutboxCounts, trackedCount: number): boolean {
  return trackedCount === targets && delivered + failed === 0;
}

/** All of it is in the outbox. */
async function tallyKept(
  tally: Tally,
  multicast: RecordedMulticast,
  { targets, delivered, failed }: OutboxCounts,
  call: Call,
): Promise<void> {
  const open = Math.min(tally.room, targets - delivered);
  const listed: Receipt[] = [];
  let after: string | undefined;
  while (listed.length < open) {
    const page = await outcomesAfter(multicast, after, call);
    after = page.at(-1)?.identity;
    if (after === undefined) break;
    for (const outcome of page) if (outcome.status !== "delivered") listed.push(receiptOf(outcome));
  }
  tally.mention(listed.slice(0, open));
  tally.count("delivered", delivered);
  tally.count("failed", failed);
  tally.count("pending", targets - delivered - failed);
}

async function tallyEach(
  tally: Tally,
  multicast: RecordedMulticast,
  { targets }: OutboxCounts,
  call: Call,
): Promise<void> {
  let after: string | undefined;
  do {
    const page = await outcomesAfter(multicast, after, call);
    for (const outcome of page) tallyOne(tally, outcome);
    await tally.show();
    after = page.at(-1)?.identity;
  } while (after !== undefined);
  // Whose outcome the durability slot has not told, or has forgotten.
  tally.count("pending", Math.max(0, targets - tally.total));
}
