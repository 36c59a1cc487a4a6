/** What is known of multicasts and of their deliveries. */

import type { DeliveryCounts, MulticastRecord, MulticastStart, TrackedDelivery } from "@muster/core/slots";
import type { PostgresCall } from "../client.ts";
import { type Row, textArray } from "../codec.ts";
import { checks } from "./arguments.ts";
import { deadCodeIn } from "./dead-letters.ts";
import { messageIn } from "./dequeueing.ts";
import { contentsOf } from "./enqueueing.ts";
import type { Space } from "./space.ts";

/** Of rows that come at once, however long a page may be. */
const MAX_ROWS = 10_000;

export async function begin(
  { client, number, scope, sql }: Space,
  start: MulticastStart,
  call: PostgresCall,
): Promise<{ readonly begun: boolean; readonly record: MulticastRecord }> {
  const { message, idempotencyKey, digest, filter, ttlMs } = start;
  checks.checkMessage(message, call.operation);
  checks.checkIdempotencyKey(idempotencyKey, call.operation);
  const keepMs = Math.ceil(scope.trackingRetentionMs);
  const values = [
    ...[number, ...contentsOf(message)],
    ...[idempotencyKey, digest, filter ?? undefined, Math.ceil(ttlMs), keepMs],
  ];
  for (;;) {
    const [[standing = null, begun = null] = []] = await client.query(sql.beginMulticast, values, call);
    const [row] = await client.query(sql.findByNumber, [number, standing ?? undefined], call);
    // What has gone over its retention between the two is nobody's any more.
    if (row !== undefined) return { begun: begun === "t", record: recordIn(row) };
  }
}

export async function complete({ client, number, sql }: Space, id: string, call: PostgresCall): Promise<void> {
  if (!id.includes("\0")) await client.query(sql.complete, [number, id], call);
}

export async function find(
  { client, number, sql }: Space,
  id: string,
  call: PostgresCall,
): Promise<MulticastRecord | undefined> {
  if (id.includes("\0")) return undefined;
  const [row] = await client.query(sql.findById, [number, id], call);
  return row && recordIn(row);
}

export async function counts({ client, number, sql }: Space, id: string, call: PostgresCall): Promise<DeliveryCounts> {
  const none = { pending: 0, delivered: 0, failed: 0 };
  if (id.includes("\0")) return none;
  const [[pending = null, delivered = null, failed = null] = []] = await client.query(sql.counts, [number, id], call);
  return { pending: Number(pending), delivered: Number(delivered), failed: Number(failed) };
}

export interface DeliveryQuery {
  readonly after?: string;
  readonly pageSize: number;
  readonly statuses?: readonly TrackedDelivery["status"][];
}

const STATES = { pending: "p", delivered: "d", failed: "f" } as const;
const STATUSES: Readonly<Record<string, TrackedDelivery["status"]>> = { p: "pending", d: "delivered", f: "failed" };

/** The first page behind `after`; it is the last one where `isLast`. */
export async function readDeliveries(
  { client, number, sql }: Space,
  id: string,
  { after, pageSize, statuses }: DeliveryQuery,
  call: PostgresCall,
): Promise<{ readonly items: readonly TrackedDelivery[]; readonly isLast: boolean }> {
  if (id.includes("\0")) return { items: [], isLast: true };
  const limit = Math.min(Math.floor(pageSize), MAX_ROWS);
  const states = statuses && textArray(statuses.map((status) => STATES[status]));
  const rows = await client.query(sql.deliveries, [number, id, after, limit, states], call);
  return { items: rows.map(trackedIn), isLast: rows.length < limit };
}

function trackedIn([identity, state, code = null, reason, attempts]: Row): TrackedDelivery {
  return {
    identity: identity ?? "",
    status: STATUSES[state ?? ""] ?? "pending",
    code: code === null ? undefined : deadCodeIn(code),
    reason: reason ?? undefined,
    attempts: Number(attempts),
  };
}

/** Of what {@link messageIn} reads, key, digest, filter, TTL, whether complete, and when it began. */
export function recordIn(row: Row): MulticastRecord {
  const [key, digest, filter, ttlMs, isComplete, startedAt] = row.slice(6);
  return {
    message: messageIn(row),
    idempotencyKey: key ?? undefined,
    digest: digest ?? "",
    filter: filter ?? null,
    ttlMs: Number(ttlMs),
    state: isComplete === "t" ? "complete" : "open",
    startedAt: Number(startedAt),
  };
}
