/** What is known of multicasts, and how many deliveries of each are pending. */

import type { DeliveryCounts, MulticastRecord, MulticastStart } from "@muster/core/slots";
import type { RedisCall } from "../client.ts";
import { beginScript, completeScript, findScript } from "../scripts/queues/messages.ts";
import { countsScript } from "../scripts/queues/tracking.ts";
import { bytesIn, listIn, numberIn } from "../store/replies.ts";
import { checks } from "./arguments.ts";
import { messageIn } from "./dequeueing.ts";
import { contentsOf } from "./enqueueing.ts";
import { run, type Space } from "./space.ts";

export async function begin(
  space: Space,
  start: MulticastStart,
  call: RedisCall,
): Promise<{ readonly begun: boolean; readonly record: MulticastRecord }> {
  const { message, idempotencyKey, digest, filter, ttlMs } = start;
  checks.checkMessage(message, "begin");
  checks.checkIdempotencyKey(idempotencyKey, "begin");
  const key = idempotencyKey === undefined ? "" : `=${idempotencyKey}`;
  const limits = [Math.ceil(ttlMs), Math.ceil(space.scope.trackingRetentionMs)];
  const args = [...contentsOf(message), key, digest, filter === null ? "" : `=${filter}`, ...limits];
  const [begun, record] = listIn(await run(space, beginScript, args, call));
  space.stored.add(message.id);
  return { begun: numberIn(begun) === 1, record: recordIn(listIn(record)) };
}

export async function complete(space: Space, id: string, call: RedisCall): Promise<void> {
  await run(space, completeScript, [id], call);
}

export async function find(space: Space, id: string, call: RedisCall): Promise<MulticastRecord | undefined> {
  const reply = await run(space, findScript, [id], call);
  return reply === null ? undefined : recordIn(listIn(reply));
}

export async function counts(space: Space, id: string, call: RedisCall): Promise<DeliveryCounts> {
  const reply = await run(space, countsScript, [id], call);
  if (reply === null) return { pending: 0, delivered: 0, failed: 0 };
  const [size = 0, delivered = 0, failed = 0, letters = 0, over = 0] = listIn(reply).map(countIn);
  const pending = size - delivered - failed;
  return over === 1 ? { pending, delivered: 0, failed: letters } : { pending, delivered, failed };
}

function countIn(reply: unknown): number {
  return reply === null ? 0 : Number(bytesIn(reply).toString());
}

function recordIn(reply: readonly unknown[]): MulticastRecord {
  const [key = "", digest = "", filter = "", ttlMs = "", state = "", startedAt = ""] = reply
    .slice(6)
    .map((part) => bytesIn(part).toString());
  return {
    message: messageIn(reply),
    idempotencyKey: key === "" ? undefined : key.slice(1),
    digest,
    filter: filter === "" ? null : filter.slice(1),
    ttlMs: Number(ttlMs),
    state: state === "complete" ? "complete" : "open",
    startedAt: Number(startedAt),
  };
}
