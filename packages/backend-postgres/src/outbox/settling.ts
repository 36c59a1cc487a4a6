/** The contract's `settleMany`. */

import type { ParcelSettlement, ShardLease } from "@muster/core/slots";
import type { PostgresCall } from "../client.ts";
import { bigintArray, booleanArray, textArray } from "../codec.ts";
import { textOf } from "../queues/attaching.ts";
import { fenced, leaseNumber } from "./fence.ts";
import type { Ledger } from "./ledger.ts";
import { readParcelName } from "./parcels.ts";

interface Settled {
  readonly parcel: number;
  readonly multicast: number;
  readonly settlement: ParcelSettlement;
}

export async function settleMany(
  { client, number, sql }: Ledger,
  lease: ShardLease,
  settlements: readonly ParcelSettlement[],
  call: PostgresCall,
): Promise<readonly string[]> {
  const each = eachOnce(settlements);
  const values = [
    number,
    lease.shard,
    leaseNumber(lease, call),
    ...parcelsOf(each),
    ...failuresOf(each),
    ...leftOf(each),
  ];
  const ids: string[] = [];
  for (const [id = null] of await client.query(sql.settle, values, call)) {
    if (id === null) throw fenced(lease, call);
    ids.push(id);
  }
  return ids;
}

/** Those that can be there; what is said of one again comes too late. */
function eachOnce(settlements: readonly ParcelSettlement[]): readonly Settled[] {
  const each = new Map<number, Settled>();
  for (const settlement of settlements) {
    const name = readParcelName(settlement.parcel);
    if (name !== undefined && !each.has(name.parcel)) each.set(name.parcel, { ...name, settlement });
  }
  return [...each.values()];
}

/** Parcels, multicasts, whether delivered, delays. */
function parcelsOf(each: readonly Settled[]): readonly Buffer[] {
  return [
    bigintArray(each.map(({ parcel }) => parcel)),
    bigintArray(each.map(({ multicast }) => multicast)),
    booleanArray(each.map(({ settlement }) => settlement.as === "delivered")),
    bigintArray(each.map(({ settlement: { delayMs = 0 } }) => Math.ceil(delayMs))),
  ];
}

/** Parcels, identities, codes, reasons. */
function failuresOf(each: readonly Settled[]): readonly Buffer[] {
  const failures = each.flatMap(({ parcel, settlement: { failed } }) => {
    const byIdentity = new Map(failed.map((failure) => [failure.identity, failure]));
    return [...byIdentity.values()].map((failure) => ({ parcel, ...failure }));
  });
  return [
    bigintArray(failures.map(({ parcel }) => parcel)),
    textArray(failures.map(({ identity }) => textOf(identity))),
    textArray(failures.map(({ code }) => code)),
    textArray(failures.map(({ reason }) => textOf(reason))),
  ];
}

/** Parcels, identities. */
function leftOf(each: readonly Settled[]): readonly Buffer[] {
  const left = each.flatMap(({ parcel, settlement }) =>
    [...new Set(settlement.left)].map((identity) => ({ parcel, identity })),
  );
  return [bigintArray(left.map(({ parcel }) => parcel)), textArray(left.map(({ identity }) => textOf(identity)))];
}
