/** The contract's `take`. */

import type { DurableMessage, MulticastStart, Parcel, ShardLease } from "@muster/core/slots";
import type { PostgresCall } from "../client.ts";
import { bytesIn, type Row } from "../codec.ts";
import { messageIn } from "../queues/dequeueing.ts";
import { checkTake } from "./arguments.ts";
import { fenced, leaseNumber } from "./fence.ts";
import type { Ledger } from "./ledger.ts";
import { parcelName } from "./parcels.ts";

const MAX_TARGETS = 100_000;
/** Of payloads that come at once, unless one alone is longer. */
const MAX_BYTES = 16_777_216;

export async function take(
  { client, number, sql }: Ledger,
  lease: ShardLease,
  { maxTargets }: { readonly maxTargets: number },
  call: PostgresCall,
): Promise<readonly Parcel[]> {
  checkTake(maxTargets);
  const most = Math.min(Math.floor(maxTargets), MAX_TARGETS);
  const values = [number, lease.shard, leaseNumber(lease, call), most, MAX_BYTES];
  const rows = await client.query(sql.take, values, call);
  if (rows[0]?.[0] === null) throw fenced(lease, call);
  let payload: Uint8Array = new Uint8Array();
  return rows.map((row) => {
    const text = row[11] ?? null;
    if (text !== null) payload = bytesIn(text);
    return parcelIn(row, payload);
  });
}

function parcelIn(row: Row, payload: Uint8Array): Parcel {
  const [parcel, multicast, ttlMs, attempts, identities, epochs] = row;
  const own = JSON.parse(identities ?? "[]") as readonly string[]; // As the function answers.
  const their = JSON.parse(epochs ?? "[]") as readonly number[];
  return {
    parcel: parcelName(multicast ?? "", parcel ?? ""),
    start: startIn(row, payload),
    targets: own.map((identity, index) => ({ identity, epoch: their[index] ?? 0 })),
    ttlMs: Number(ttlMs),
    attempts: Number(attempts),
  };
}

function startIn(row: Row, payload: Uint8Array): MulticastStart {
  const [key, digest, filter, ttlMs] = row.slice(12);
  // Whoever takes it may write into it.
  const message: DurableMessage = { ...messageIn(row.slice(6, 11)), payload: new Uint8Array(payload) };
  return {
    message,
    idempotencyKey: key ?? undefined,
    digest: digest ?? "",
    filter: filter ?? null,
    ttlMs: Number(ttlMs),
  };
}
