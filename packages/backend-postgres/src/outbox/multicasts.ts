/** What is known of multicasts, and of those of their recipients that were not handed over. */

import type { MulticastRecord, OutboxBacklog, OutboxCode, OutboxCounts, OutboxDelivery } from "@muster/core/slots";
import type { PostgresCall } from "../client.ts";
import { optionalNumber, type Row } from "../codec.ts";
import { recordIn } from "../queues/tracking.ts";
import type { Ledger } from "./ledger.ts";

export const EXPIRED_REASON = "it had not been handed over when its time to live was over";

/** Of rows that come at once, however long a page may be. */
const MAX_ROWS = 10_000;
const CODES: readonly OutboxCode[] = ["REJECTED", "DEAD_LETTERED", "UNREGISTERED", "EXPIRED", "QUEUE_FULL"];
const STATUSES: Readonly<Record<string, OutboxDelivery["status"]>> = { p: "pending", d: "delivered", f: "failed" };

export async function find(
  { client, number, keepMs, sql }: Ledger,
  id: string,
  call: PostgresCall,
): Promise<MulticastRecord | undefined> {
  if (id.includes("\0")) return undefined;
  const [row] = await client.query(sql.find, [number, id, keepMs], call);
  return row && recordIn(row);
}

export async function counts(
  { client, number, keepMs, sql }: Ledger,
  id: string,
  call: PostgresCall,
): Promise<OutboxCounts> {
  const rows = id.includes("\0") ? [] : await client.query(sql.counts, [number, id, keepMs], call);
  const [targets = null, delivered = null, failed = null] = rows[0] ?? [];
  return { targets: Number(targets), delivered: Number(delivered), failed: Number(failed) };
}

/** The first of them behind `after`, in order; none: there are no more. */
export async function readDeliveries(
  { client, number, keepMs, sql }: Ledger,
  id: string,
  { after = "", pageSize }: { readonly after?: string; readonly pageSize: number },
  call: PostgresCall,
): Promise<readonly OutboxDelivery[]> {
  if (id.includes("\0")) return [];
  const limit = Math.min(Math.floor(pageSize), MAX_ROWS);
  const rows = await client.query(sql.deliveries, [number, id, keepMs, after, limit, EXPIRED_REASON], call);
  return rows.map(deliveryIn);
}

export async function backlog({ client, number, sql }: Ledger, call: PostgresCall): Promise<OutboxBacklog> {
  const [[deliveries = null, oldestMs] = []] = await client.query(sql.backlog, [number], call);
  return { deliveries: Number(deliveries), oldestMs: optionalNumber(oldestMs) };
}

function deliveryIn([identity, state, code = null, reason]: Row): OutboxDelivery {
  return {
    identity: identity ?? "",
    status: STATUSES[state ?? ""] ?? "pending",
    code: code === null ? undefined : codeIn(code),
    reason: reason ?? undefined,
  };
}

/** A code that a later release has stored is none of ours. */
function codeIn(text: string): OutboxCode {
  return CODES.find((code) => code === text) ?? "DEAD_LETTERED";
}
