/** What is known of multicasts, and of those of their recipients that were not handed over. */

import {
  type Call,
  checkPageSize,
  type MulticastRecord,
  type MulticastStart,
  type OutboxBacklog,
  type OutboxCounts,
  type OutboxDelivery,
  partition,
} from "@muster/core/slots";
import { compareStrings } from "@muster/filter";
import { NAME } from "../client.ts";
import { copyOf } from "../queues/delivery.ts";
import type { OutboxAccess } from "./access.ts";
import { type Committed, idName } from "./committed.ts";
import type { Recipient, StoredMulticast } from "./stored.ts";

/** The reader's own. */
export function startOf({ start }: StoredMulticast): MulticastStart {
  return { ...start, message: copyOf(start.message) };
}

/** Whatever is recorded, is recorded with everyone it is for. */
export function recordOf(multicast: StoredMulticast): MulticastRecord {
  return { ...startOf(multicast), state: "complete", startedAt: multicast.startedAt };
}

export function countsOf(multicast: StoredMulticast | undefined): OutboxCounts {
  if (multicast === undefined) return { targets: 0, delivered: 0, failed: 0 };
  const { recipients, delivered, failed } = multicast;
  return { targets: recipients.length, delivered, failed };
}

export function backlogOf({ waiting, parcels }: Committed, now: number): OutboxBacklog {
  let deliveries = 0;
  for (const { recipients } of parcels.values()) deliveries += recipients.length;
  return { deliveries, oldestMs: waiting.firstRank === undefined ? undefined : now - waiting.firstRank };
}

export interface DeliveryQuery {
  readonly after?: string;
  readonly pageSize: number;
}

export async function* deliveries(
  access: OutboxAccess,
  id: string,
  query: DeliveryQuery,
  call: Call,
): AsyncGenerator<readonly OutboxDelivery[], void, undefined> {
  checkPageSize(query.pageSize, `${NAME}.deliveries`);
  let next = query;
  while (true) {
    const page = await access.run("deliveries", call, (outbox) => pageOf(outbox.find([idName(id)]), next));
    if (page.length > 0) yield page;
    const last = page.at(-1);
    if (last === undefined || page.length < query.pageSize) return;
    next = { ...query, after: last.identity };
  }
}

/** The first page behind `after`. */
function pageOf(multicast: StoredMulticast | undefined, { after, pageSize }: DeliveryQuery): readonly OutboxDelivery[] {
  if (multicast === undefined) return [];
  const { recipients } = multicast;
  const page: OutboxDelivery[] = [];
  const isBefore = ({ identity }: Recipient): boolean => after !== undefined && compareStrings(identity, after) <= 0;
  for (let i = partition(recipients, isBefore); i < recipients.length && page.length < pageSize; i += 1)
    page.push(...deliveryOf(recipients[i]));
  return page;
}

function deliveryOf(recipient: Recipient | undefined): readonly OutboxDelivery[] {
  if (recipient === undefined || recipient.status === "handed") return [];
  const { identity, status, failure } = recipient;
  return [
    { identity, status: status === "waiting" ? "pending" : status, code: failure?.code, reason: failure?.reason },
  ];
}
