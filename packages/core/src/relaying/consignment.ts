/** What leaves the outbox together: parcels of one multicast that lie one behind the other in a shard. */

import type { MulticastStart, OutboxFailure, OutboxTarget, Parcel, ParcelSettlement } from "../slots/index.ts";

/** Consignments that may be under way at once, of one shard. */
const MAX_SIDE_BY_SIDE = 16;

export interface Consignment {
  readonly start: MulticastStart;
  readonly parcels: readonly Parcel[];
  readonly targets: readonly OutboxTarget[];
  readonly ttlMs: number;
  /** How often any of it has been left behind. */
  readonly attempts: number;
}

/** What has become of a consignment: everyone in it who is named neither here nor there was handed over. */
export interface Fate {
  readonly failed: ReadonlyMap<string, OutboxFailure>;
  readonly left: ReadonlySet<string>;
  /** When those who are left are tried again. */
  readonly delayMs: number;
}

/** In the order of the parcels. */
export function consignmentsOf(parcels: readonly Parcel[]): readonly Consignment[] {
  const groups: [Parcel, ...Parcel[]][] = [];
  for (const parcel of parcels) {
    const last = groups.at(-1);
    if (last !== undefined && last[0].start.message.id === parcel.start.message.id) last.push(parcel);
    else groups.push([parcel]);
  }
  return groups.map(consign);
}

/**
 * Consignments that nobody is in twice may be handed over side by side; the next ones when those are done. So everyone gets
 * theirs in order.
 */
export function sideBySide(consignments: readonly Consignment[]): readonly (readonly Consignment[])[] {
  const waves: Consignment[][] = [];
  let taken = new Set<string>();
  for (const consignment of consignments) {
    const last = waves.at(-1);
    const isApart = consignment.targets.every(({ identity }) => !taken.has(identity));
    if (last !== undefined && isApart && last.length < MAX_SIDE_BY_SIDE) last.push(consignment);
    else {
      waves.push([consignment]);
      taken = new Set();
    }
    for (const { identity } of consignment.targets) taken.add(identity);
  }
  return waves;
}

/** For each of its parcels. */
export function settlementsOf(
  { parcels }: Consignment,
  { failed, left, delayMs }: Fate,
  as: ParcelSettlement["as"],
): readonly ParcelSettlement[] {
  return parcels.map(({ parcel, targets }) => ({
    parcel,
    as,
    failed: failed.size === 0 ? [] : targets.flatMap(({ identity }) => failed.get(identity) ?? []),
    left: left.size === 0 ? [] : targets.flatMap(({ identity }) => (left.has(identity) ? [identity] : [])),
    delayMs,
  }));
}

function consign(parcels: readonly [Parcel, ...Parcel[]]): Consignment {
  const [first] = parcels;
  return {
    start: first.start,
    parcels,
    targets: parcels.flatMap(({ targets }) => targets),
    ttlMs: Math.min(...parcels.map(({ ttlMs }) => ttlMs)),
    attempts: Math.max(...parcels.map(({ attempts }) => attempts)),
  };
}
