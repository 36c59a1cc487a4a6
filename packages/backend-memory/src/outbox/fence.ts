/** Whom a shard listens to. */

import { MusterError, type ShardLease } from "@muster/core/slots";
import { NAME } from "../client.ts";
import type { Committed } from "./committed.ts";

/** @throws FENCED: the lease is over. */
export function checkHeld({ leases }: Committed, lease: ShardLease, operation: string, now: number): void {
  if (leases.isHeld(lease, now)) return;
  const source = `${NAME}.${operation}`;
  const message = "its lease on the shard is over";
  throw new MusterError({ code: "FENCED", source, subject: String(lease.shard), message });
}
