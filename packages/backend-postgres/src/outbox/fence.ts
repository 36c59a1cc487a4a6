/** Whether a shard is held. */

import { MusterError, type ShardLease } from "@muster/core/slots";
import type { PostgresCall } from "../client.ts";
import { NAME } from "../errors.ts";

/** The number of the lease. @throws FENCED: nobody has ever been given such a one. */
export function leaseNumber(lease: ShardLease, call: PostgresCall): number {
  if (/^\d{1,15}$/.test(lease.lease) && Number.isInteger(lease.shard)) return Number(lease.lease);
  throw fenced(lease, call);
}

export function fenced({ shard }: ShardLease, { operation }: PostgresCall): MusterError<"FENCED"> {
  const message = "its lease on the shard is over";
  return new MusterError({ code: "FENCED", source: `${NAME}.${operation}`, subject: String(shard), message });
}
