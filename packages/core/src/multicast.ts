import { randomUUID } from "node:crypto";
import type { Filter, FilterInput } from "@muster/filter";
import { invalidArgument } from "./call.ts";
import type { Context } from "./context.ts";
import { durableMulticast } from "./durable-multicast.ts";
import type { DeliveryGuarantee, MulticastOptions, Payload } from "./fleet.ts";
import { toTargets } from "./input/filters.ts";
import { onReceiptsOf } from "./input/on-receipts.ts";
import { encodePayload } from "./input/payload.ts";
import { select, selectedRoutes } from "./query/selection.ts";
import { acknowledgedFanOut } from "./sending/acknowledged/fan-out.ts";
import { conclude } from "./sending/conclusion.ts";
import { fanOut } from "./sending/fan-out.ts";
import { prefetched } from "./sending/prefetch.ts";
import { recordMulticast } from "./sending/outbox/record.ts";
import { recordedPath, type SendingPath, sendingPath, unsupported } from "./sending/path.ts";
import { Tally } from "./sending/report.ts";
import { checkRoom } from "./sending/room.ts";
import { traceHeaders } from "./sending/trace-context.ts";
import type { MulticastReport, TimedCall } from "./slots/index.ts";
import type { Content } from "./wire/message-frame.ts";

const SOURCE = "core.multicast";
const GUARANTEES: readonly DeliveryGuarantee[] = ["at-most-once", "at-least-once", "exactly-once"];

/**
 * Sends to everyone who matches, over the slots that give the guarantee, and tells what became of each. Nobody there is a
 * report of zeros, not an error.
 *
 * With a transaction it is recorded in it, and everyone is pending.
 *
 * At most once, what has not been published when the deadline passes has `failed` with `TIMEOUT`; what has, and was not
 * answered, is `timeout`.
 *
 * @throws UNSUPPORTED, INVALID_FILTER, FILTER_TOO_COMPLEX, INVALID_ARGUMENT, PAYLOAD_TOO_LARGE, IDEMPOTENCY_CONFLICT and
 * whatever reading the registry throws before the first publish; ABORTED also later, when the caller gives up, and whenever
 * its `onReceipts` throws, then with the report in `detail`.
 */
export async function multicast(
  context: Context,
  filter: FilterInput | null | undefined,
  payload: Payload,
  options: MulticastOptions<unknown>,
  call: TimedCall,
): Promise<MulticastReport> {
  const path = pathOf(context, options);
  const targets = toTargets(filter, context.schema, SOURCE);
  if (path.by === "recorded")
    return await recordMulticast(context, path.outbox, { targets, payload, guarantee: path.guarantee, options }, call);
  const tally = new Tally(onReceiptsOf(options, SOURCE));
  if (path.by === "kept") {
    const { durability, guarantee } = path;
    return await durableMulticast(context, durability, { targets, payload, guarantee, options, tally }, call);
  }
  if (options.idempotencyKey !== undefined)
    throw unsupported("idempotencyKey", "only a durability slot remembers what was sent", SOURCE);
  if (options.ttlMs !== undefined) throw unsupported("ttlMs", "only a durability slot keeps messages", SOURCE);
  const content = contentOf(payload, options, path);
  return await publish(context, path, { targets, content, tally }, call);
}

type PublishingPath = Extract<SendingPath, { readonly messaging: unknown }>;

interface Publishing {
  readonly targets: Filter | undefined;
  readonly content: Content;
  readonly tally: Tally;
}

async function publish(
  context: Context,
  path: PublishingPath,
  { targets, content, tally }: Publishing,
  call: TimedCall,
): Promise<MulticastReport> {
  const selection = select(context, targets);
  const { messaging } = path;
  if (path.by === "published") {
    const end = await fanOut(context, { messaging, selection, content, tally }, call);
    return await conclude(content.id, tally, end, call);
  }
  const pages = prefetched(selectedRoutes(context, selection, {}, call));
  const end = await acknowledgedFanOut(context, { messaging, pages, content, tally, node: path.node }, call);
  return await conclude(content.id, tally, end, call);
}

function pathOf(context: Context, options: MulticastOptions<unknown>): SendingPath {
  if (options.transaction === undefined) return sendingPath(context, deliveryOf(options, context.delivery), SOURCE);
  const delivery = context.delivery === "exactly-once" ? context.delivery : "at-least-once";
  return recordedPath(context, deliveryOf(options, delivery), SOURCE);
}

function deliveryOf({ delivery }: MulticastOptions<unknown>, otherwise: DeliveryGuarantee): DeliveryGuarantee {
  if (delivery === undefined) return otherwise;
  if (GUARANTEES.includes(delivery)) return delivery;
  const names = GUARANTEES.map((name) => `"${name}"`).join(", ");
  throw invalidArgument(SOURCE, `delivery is one of ${names}, not ${JSON.stringify(delivery)}`);
}

function contentOf(payload: Payload, { contentType }: MulticastOptions<unknown>, path: PublishingPath): Content {
  const encoded = encodePayload(payload, contentType);
  const trace = traceHeaders();
  const content: Content = {
    id: randomUUID(),
    contentType: encoded.contentType,
    sentAt: Date.now(),
    payload: encoded.bytes,
    ...(trace && { trace }),
  };
  checkRoom(path.messaging, content, path.by === "acknowledged" ? path.node : undefined, SOURCE);
  return content;
}
