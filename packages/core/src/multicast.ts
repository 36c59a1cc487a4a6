import { randomUUID } from "node:crypto";
import type { FilterInput } from "@muster/filter";
import { invalidArgument } from "./call.ts";
import type { Context } from "./context.ts";
import { fanOut } from "./sending/fan-out.ts";
import { toTargets } from "./input/filters.ts";
import type { MulticastOptions, Payload } from "./fleet.ts";
import { type Content, frameBytes, recipientBytes } from "./wire/message-frame.ts";
import { encodePayload } from "./input/payload.ts";
import { type OnReceipts, Tally } from "./sending/report.ts";
import { traceHeaders } from "./sending/trace-context.ts";
import { select } from "./query/selection.ts";
import { type Call, isMusterError, type MessagingBackend, type MulticastReport, MusterError } from "./slots/index.ts";

const SOURCE = "core.multicast";
/** The longest identity there can be: whatever fits beside it fits beside any. */
const LONGEST_IDENTITY = "i".repeat(256);

/**
 * Publishes once to everyone who matches and can be reached, at most once, and tells what became of each.
 *
 * What has not been published when the deadline passes has `failed` with `TIMEOUT`; what has, and was not answered, is
 * `timeout`. Nobody there is a report of zeros, not an error.
 *
 * @throws UNSUPPORTED, INVALID_FILTER, FILTER_TOO_COMPLEX, INVALID_ARGUMENT, PAYLOAD_TOO_LARGE and whatever reading the
 * registry throws before the first publish; ABORTED also later, when the caller gives up, and whenever its `onReceipts`
 * throws, then with the report in `detail`.
 */
export async function multicast(
  context: Context,
  filter: FilterInput | null | undefined,
  payload: Payload,
  options: MulticastOptions,
  call: Call,
): Promise<MulticastReport> {
  const messaging = messagingFor(context, options);
  const selection = select(context, toTargets(filter, context.schema, SOURCE));
  const content = contentOf(payload, options, messaging);
  const tally = new Tally(onReceiptsOf(options));
  const { incomplete, cause } = await fanOut(context, { messaging, selection, content, tally }, call);
  await tally.show();
  const report = tally.report(content.id, incomplete);
  const aborted = tally.refusal ?? (cause?.code === "ABORTED" ? cause : abortedByCaller(call));
  if (aborted === undefined) return report;
  const message = "the caller gave up; what was done until then stands in detail.report";
  throw new MusterError({
    code: "ABORTED",
    source: SOURCE,
    message,
    mayHaveApplied: report.deliveredCount + report.timeoutCount > 0,
    detail: { report },
    cause: aborted,
  });
}

function messagingFor({ messaging }: Context, { delivery = "at-most-once" }: MulticastOptions): MessagingBackend {
  if (messaging === undefined) throw unsupported("multicast", "this registry was opened without a messaging slot");
  if (delivery === "at-most-once") return messaging;
  if (delivery !== "at-least-once" && delivery !== "exactly-once") {
    throw invalidArgument(
      SOURCE,
      `delivery is "at-most-once", "at-least-once" or "exactly-once", not ${JSON.stringify(delivery)}`,
    );
  }
  throw unsupported(delivery, "recipients do not acknowledge messages yet, so that only at-most-once can be promised");
}

function contentOf(payload: Payload, { contentType }: MulticastOptions, { traits }: MessagingBackend): Content {
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
  const overhead = frameBytes(content) - bytes + recipientBytes(LONGEST_IDENTITY);
  const maxBytes = Math.max(0, traits.maxPayloadBytes - overhead);
  if (bytes <= maxBytes) return content;
  const message = `the payload has ${bytes} bytes, and the messaging slot takes ${maxBytes} beside what Muster adds`;
  throw new MusterError({ code: "PAYLOAD_TOO_LARGE", source: SOURCE, message, detail: { bytes, maxBytes } });
}

function onReceiptsOf({ onReceipts }: MulticastOptions): OnReceipts | undefined {
  if (onReceipts !== undefined && typeof onReceipts !== "function")
    throw invalidArgument(SOURCE, "onReceipts must be a function");
  return onReceipts;
}

function abortedByCaller({ signal }: Call): unknown {
  const reason: unknown = signal.aborted ? signal.reason : undefined;
  return isMusterError(reason, "ABORTED") ? reason : undefined;
}

function unsupported(feature: string, message: string): MusterError<"UNSUPPORTED"> {
  return new MusterError({ code: "UNSUPPORTED", source: SOURCE, message, detail: { feature } });
}
