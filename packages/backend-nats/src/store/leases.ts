/** Signs of life: `renewMany`. */

import type { Call, Lease, LeaseOutcome } from "@muster/core/slots";
import { type Entry, isBound } from "../mirror/entry.ts";
import { decideMany } from "./batches.ts";
import { type Decision, type Knowledge, lineOf, standingOf } from "./deciding.ts";
import type { Line } from "./record.ts";
import type { Store } from "./store.ts";

/** The contract's `renewMany`. What is bound to a session costs nothing but a look. */
export async function renewMany(store: Store, leases: readonly Lease[], call: Call): Promise<readonly LeaseOutcome[]> {
  return decideMany(store, leases, { operation: "renewMany", decide }, call);
}

function decide(lease: Lease, knowledge: Knowledge): Decision<LeaseOutcome> {
  const found = knowledge.entries.find(lease.identity);
  const standing = standingOf(found, knowledge);
  if (standing === "unsure") return "unsure";
  if (found === undefined || standing !== "live") return { outcome: "absent" };
  if (found.epoch !== lease.epoch) return { outcome: "fenced" };
  const ttlMs = lease.ttlMs ?? found.ttlMs;
  const term = termOf(found, lease, ttlMs);
  if (term === undefined && ttlMs === found.ttlMs) return { outcome: found.expiresAt ?? "never" };
  const { until, bound, ...same } = lineOf(found);
  const line: Omit<Line, "v"> = {
    ...same,
    ...(found.expiresAt === undefined ? {} : { before: found.expiresAt }),
    ...(ttlMs === undefined ? {} : { ttl: ttlMs }),
    ...(term ?? { ...(until === undefined ? {} : { until }), ...(bound === undefined ? {} : { bound }) }),
  };
  const change = { line, metadata: found.metadata, expected: found.sequence };
  return {
    write: { change, settle: ({ isLate, expiresAt }) => ({ outcome: isLate ? "absent" : (expiresAt ?? "never") }) },
  };
}

/** `undefined`: it ends as it would anyway. */
function termOf(
  found: Entry,
  { expiresAt: stamp }: Lease,
  ttlMs: number | undefined,
): { readonly until?: number; readonly for?: number } | undefined {
  if (stamp === undefined) {
    if (isBound(found)) return undefined;
    if (ttlMs !== undefined) return { for: ttlMs };
    return found.expiresAt === undefined ? undefined : {};
  }
  if (isBound(found)) return { until: stamp };
  if (found.expiresAt === undefined || found.expiresAt >= stamp) return undefined;
  return { until: stamp };
}
