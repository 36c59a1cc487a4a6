/** What is known of multicasts and of their deliveries. */

import type { DeliveryCounts, MulticastRecord, MulticastStart, TrackedDelivery } from "@muster/core/slots";
import type { Moment } from "./access.ts";
import { copyOf } from "./delivery.ts";
import type { Queues } from "./queues.ts";
import type { Delivery, StoredMessage } from "./stored.ts";

export function begin(
  { messages }: Queues,
  start: MulticastStart,
  { now, knownUntil }: Moment,
): { readonly begun: boolean; readonly record: MulticastRecord } {
  const { idempotencyKey, digest, filter, ttlMs } = start;
  const standing =
    recordOf(messages.find(start.message.id)) ??
    (idempotencyKey === undefined ? undefined : recordOf(messages.findByKey(idempotencyKey)));
  if (standing !== undefined) return { begun: false, record: standing };
  const message = messages.keep(start.message, knownUntil);
  const record = { idempotencyKey, digest, filter, ttlMs, state: "open", startedAt: now } as const;
  messages.begin(message, record, knownUntil);
  return { begun: true, record: { message: copyOf(message.content), ...record } };
}

export function complete({ messages }: Queues, id: string): void {
  const message = messages.find(id);
  if (message?.record !== undefined) message.record = { ...message.record, state: "complete" };
}

export function recordOf(message: StoredMessage | undefined): MulticastRecord | undefined {
  return message?.record && { message: copyOf(message.content), ...message.record };
}

export function countsOf(message: StoredMessage | undefined): DeliveryCounts {
  if (message === undefined) return { pending: 0, delivered: 0, failed: 0 };
  const { deliveries, delivered, failed } = message;
  return { pending: deliveries.size - delivered - failed, delivered, failed };
}

export interface DeliveryQuery {
  readonly after?: string;
  readonly pageSize: number;
  readonly statuses?: readonly TrackedDelivery["status"][];
}

/** The first page behind `after`. */
export function pageOf(message: StoredMessage | undefined, query: DeliveryQuery): readonly TrackedDelivery[] {
  if (message === undefined) return [];
  const { after, pageSize, statuses } = query;
  const page: TrackedDelivery[] = [];
  for (const delivery of message.deliveries.inOrder(after)) {
    if (statuses !== undefined && !statuses.includes(statusOf(delivery))) continue;
    page.push(trackedAs(delivery));
    if (page.length >= pageSize) break;
  }
  return page;
}

function trackedAs(delivery: Delivery): TrackedDelivery {
  const { mailbox, failure, attempts } = delivery;
  return {
    identity: mailbox.identity,
    status: statusOf(delivery),
    code: failure?.code,
    reason: failure?.reason,
    attempts,
  };
}

function statusOf({ state }: Delivery): TrackedDelivery["status"] {
  return state === "delivered" || state === "failed" ? state : "pending";
}
