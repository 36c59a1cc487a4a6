import { randomUUID } from "node:crypto";
import type { Filter, FilterInput } from "@muster/filter";
import { invalidArgument } from "./call.ts";
import type { Context } from "./context.ts";
import { durableMulticast } from "./durable-multicast.ts";
import type { DeliveryGuarantee, MulticastOptions, Payload } from "./fleet.ts";
import { toTargets } from "./input/filters.ts";
import { onReceiptsOf } from "./input/on-receipts.ts";
import { encodePayload } from "./input/payload.ts";
import { select } from "./query/selection.ts";
import { acknowledgedBytes, acknowledgedFanOut } from "./sending/acknowledged/fan-out.ts";
import { conclude } from "./sending/conclusion.ts";
import { fanOut } from "./sending/fan-out.ts";
import { type SendingPath, sendingPath, unsupported } from "./sending/path.ts";
import { Tally } from "./sending/report.ts";
import { traceHeaders } from "./sending/trace-context.ts";
import { type MulticastReport, MusterError, type TimedCall } from "./slots/index.ts";
import { type Content, frameBytes, recipientBytes } from "./wire/message-frame.ts";

const SOURCE = "core.multicast";
/** The longest identity there can be: whatever fits beside it fits beside any. */
const LONGEST_IDENTITY = "i".repeat(256);
const GUARANTEES: readonly DeliveryGuarantee[] = ["at-most-once", "at-least-once", "exactly-once"];

/**
 * Sends to everyone who matches, over the slots that give the guarantee, and tells what became of each. Nobody there is a
 * report of zeros, not an error.
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
  options: MulticastOptions,
  call: TimedCall,
): Promise<MulticastReport> {
  const path = sendingPath(context, deliveryOf(context, options), SOURCE);
  const targets = toTargets(filter, context.schema, SOURCE);
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

type PublishingPath = Exclude<SendingPath, { readonly by: "kept" }>;

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
  const end =
    path.by === "published"
      ? await fanOut(context, { messaging, selection, content, tally }, call)
      : await acknowledgedFanOut(context, { messaging, selection, content, tally, node: path.node }, call);
  return await conclude(content.id, tally, end, call);
}

function deliveryOf(context: Context, { delivery = context.delivery }: MulticastOptions): DeliveryGuarantee {
  if (GUARANTEES.includes(delivery)) return delivery;
  const names = GUARANTEES.map((name) => `"${name}"`).join(", ");
  throw invalidArgument(SOURCE, `delivery is one of ${names}, not ${JSON.stringify(delivery)}`);
}

function contentOf(payload: Payload, { contentType }: MulticastOptions, path: PublishingPath): Content {
  const encoded = encodePayload(payload, contentType);
  const trace = traceHeaders();
  const content: Content = {
    id: randomUUID(),
    contentType: encoded.contentType,
    sentAt: Date.now(),
    payload: encoded.bytes,
    ...(trace && { trace }),
  };
  const bytes = encoded.bytes.byteLength;
  const awaiting = path.by === "acknowledged" ? acknowledgedBytes(path.node) : 0;
  const overhead = frameBytes(content) - bytes + recipientBytes(LONGEST_IDENTITY) + awaiting;
  const maxBytes = Math.max(0, path.messaging.traits.maxPayloadBytes - overhead);
  if (bytes <= maxBytes) return content;
  const message = `the payload has ${bytes} bytes, and the messaging slot takes ${maxBytes} beside what Muster adds`;
  throw new MusterError({ code: "PAYLOAD_TOO_LARGE", source: SOURCE, message, detail: { bytes, maxBytes } });
}
