/** The contract's `leaseShards` and `releaseShards`. */

import type { ShardLease } from "@muster/core/slots";
import type { PostgresCall } from "../client.ts";
import { checks } from "../queues/arguments.ts";
import { checkRelay } from "./arguments.ts";
import type { Ledger } from "./ledger.ts";

export async function leaseShards(
  { client, number, sql }: Ledger,
  relay: string,
  { leaseMs }: { readonly leaseMs: number },
  call: PostgresCall,
): Promise<readonly ShardLease[]> {
  checkRelay(relay, call.operation);
  checks.checkLease(leaseMs, call.operation);
  const rows = await client.query(sql.leaseShards, [number, relay, Math.ceil(leaseMs)], call);
  return rows.map(([shard, lease]) => ({ shard: Number(shard), lease: lease ?? "" }));
}

export async function releaseShards({ client, number, sql }: Ledger, relay: string, call: PostgresCall): Promise<void> {
  checkRelay(relay, call.operation);
  await client.query(sql.releaseShards, [number, relay], call);
}
