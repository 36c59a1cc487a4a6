/** The contract's `settleMany` and `extendMany`. */

import { type BatchFailure, type Call, queueFailure, type Settlement } from "@muster/core/slots";
import { NAME } from "../errors.ts";
import { putOff, recipientOf } from "./moving.ts";
import { SHORTEST_MS } from "./delays.ts";
import type { Item } from "./items.ts";
import type { Way } from "./leases.ts";
import { toDead } from "./parcels.ts";
import type { Space } from "./space.ts";

export async function settleMany(
  space: Space,
  settlements: readonly Settlement[],
  call: Call,
): Promise<readonly BatchFailure[]> {
  const seat = space.seat("settleMany");
  const failures: BatchFailure[] = [];
  const dying = new Map<string, { readonly item: Item; readonly settlement: Settlement & { readonly as: "dead" } }>();
  for (const [index, settlement] of settlements.entries()) {
    const { receipt, as } = settlement;
    const found = dying.has(receipt) ? "dead" : space.holdings.find(receipt);
    if (found === as) continue;
    if (found === undefined || typeof found === "string") failures.push(fenced(index, receipt, "settleMany"));
    else if (settlement.as === "dead") dying.set(receipt, { item: found, settlement });
    else settle(space, found, settlement);
  }
  await bury(space, [...dying.values()], call);
  await seat.sync();
  return failures;
}

export async function extendMany(space: Space, receipts: readonly string[]): Promise<readonly BatchFailure[]> {
  await space.seat("extendMany").sync();
  return receipts.flatMap((receipt, index) => {
    const found = space.holdings.find(receipt);
    return found === undefined || typeof found === "string" ? [fenced(index, receipt, "extendMany")] : [];
  });
}

function settle(space: Space, item: Item, settlement: Exclude<Settlement, { as: "dead" }>): void {
  const { holdings, places, waiters } = space;
  const { receipt, as } = settlement;
  const place = item.place ?? places.get(item.recipient.identity);
  if (as === "ack" || place === undefined) holdings.end(item);
  else {
    const delayMs = settlement.as === "retry" ? (settlement.delayMs ?? 0) : 0;
    holdings.wait(item, place, { isTried: as === "retry", delayMs });
    if (delayMs > SHORTEST_MS) putOff(space, item, delayMs);
  }
  if (place !== undefined) waiters.wake(place.session); // There may be more of its own.
  holdings.settled(receipt, as satisfies Way);
}

/** The dead are safe before they end here. */
async function bury(
  space: Space,
  dying: readonly { readonly item: Item; readonly settlement: Settlement & { readonly as: "dead" } }[],
  call: Call,
): Promise<void> {
  const parcels = dying.map(({ item, settlement: { code, reason } }) => {
    const { attempts, ...rest } = recipientOf(item);
    return toDead(space.around, item.held.frame, { ...rest, attempts: attempts + 1 }, { code, reason });
  });
  await space.send(parcels, "settleMany", call);
  for (const { item, settlement } of dying) {
    const session = item.place?.session;
    if (item.receipt === settlement.receipt) space.holdings.end(item);
    if (session !== undefined) space.waiters.wake(session);
    space.holdings.settled(settlement.receipt, "dead");
  }
}

function fenced(index: number, receipt: string, operation: string): BatchFailure {
  return { index, error: queueFailure("FENCED", `${NAME}.${operation}`, receipt) };
}
