/** Waiting for a durable multicast that another call has sent to its end. */

import type { Context } from "../../context.ts";
import type { Call, MulticastReport, TimedCall, TrackingFacet } from "../../slots/index.ts";
import { conclude } from "../conclusion.ts";
import type { Tally } from "../report.ts";
import { sortedByPresence, standingOf } from "./presence.ts";
import { TrackedLedger } from "./tracked-ledger.ts";

const PAGE = 1_000;

/**
 * Resolves as its own sender's call would: when everyone who is attached has settled it, or the call's time is nearly out.
 * Nobody is enqueued for.
 *
 * @throws what the slots throw; ABORTED with the report.
 */
export async function rejoin(
  context: Context,
  { tracking, id, tally }: { readonly tracking: TrackingFacet; readonly id: string; readonly tally: Tally },
  call: TimedCall,
): Promise<MulticastReport> {
  const ledger = new TrackedLedger(tracking, id, false);
  for await (const page of tracking.deliveries(id, { pageSize: PAGE, statuses: ["pending"] }, call)) {
    const identities = page.map(({ identity }) => identity);
    const attached = await attachedAmong(context, identities, call);
    ledger.accept(
      identities.filter((identity) => attached.has(identity)),
      identities.filter((identity) => !attached.has(identity)),
    );
  }
  await ledger.settled(call);
  await ledger.close(tally, []);
  return await conclude(id, tally, { incomplete: undefined, cause: undefined }, call);
}

async function attachedAmong(
  context: Context,
  identities: readonly string[],
  call: Call,
): Promise<ReadonlySet<string>> {
  const { routes, living } = await standingOf(context, identities, call);
  const [attached] = sortedByPresence(context, routes, living);
  return new Set(attached.map(({ identity }) => identity));
}
